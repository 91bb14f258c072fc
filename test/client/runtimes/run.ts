// The story in a process of its own, Node.js or Deno: `… run.ts SDK URL MARK` prints the outcome.
import { play, type Sdk } from "./story.ts";

const [sdk = "", url = "", mark = ""] = process.argv.slice(2);
console.log(`outcome ${JSON.stringify(await play((await import(sdk)) as Sdk, url, mark))}`);
