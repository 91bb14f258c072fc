// npm run admin: what operators do, against any deployment, over HTTP alone. It knows nothing of the server but its API.
// Exit codes: 0 done, 1 the server said no or its answer broke off, 2 it was asked wrongly, 3 the server can't be reached.
import { parseArgs } from "node:util";
import { printable } from "../../src/protocol/short-text.ts";
import { BrokenOff, Deployment, Refused, Unreachable } from "./deployment.ts";
import { HELP, helpOf } from "./help.ts";
import { VERBS, type Verb } from "./verbs.ts";

const SHARED = { url: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

class Wrong extends Error {}

async function main(args: string[]): Promise<number> {
  const { verb, name, words } = verbOf(args);
  if (verb === null) {
    const asked = args.length === 0 || args.some((arg) => arg === "--help" || arg === "-h");
    if (!asked) throw new Wrong(`There is no verb ${JSON.stringify(name)}.`);
    console.log(HELP);
    return args.length === 0 ? 2 : 0;
  }
  const { values, positionals: all } = read(args, verb);
  if (values["help"] === true) {
    console.log(helpOf(name, verb));
    return 0;
  }
  const positionals = all.slice(words);
  if (positionals.length !== verb.takes.length)
    throw new Wrong(`${name} takes ${verb.takes.join(" and ") || "nothing"}.`);
  const found = await verb.does(deploymentOf(values["url"]), { ...values, positionals });
  if (typeof found === "string") throw new Wrong(found);
  const { value, text, isNo = false } = found;
  // Labels and names are other people's, and a terminal obeys what it is shown.
  if (values["json"] === true) process.stdout.write(printable(`${JSON.stringify(value)}\n`));
  else (isNo ? process.stderr : process.stdout).write(printable(text));
  return isNo ? 1 : 0;
}

/** The verb, of one or two words, wherever flags stand. */
function verbOf(args: string[]): { readonly verb: Verb | null; readonly name: string; readonly words: number } {
  const options = Object.assign({}, SHARED, ...[...VERBS.values()].map((verb) => verb.options));
  const { positionals } = parseArgs({ args, options, allowPositionals: true, strict: false });
  for (const words of [2, 1]) {
    const name = positionals.slice(0, words).join(" ");
    const verb = VERBS.get(name);
    if (verb !== undefined) return { verb, name, words };
  }
  return { verb: null, name: positionals.slice(0, positionals[0] === "service" ? 2 : 1).join(" "), words: 0 };
}

function read(args: string[], verb: Verb) {
  try {
    return parseArgs({ args, options: { ...SHARED, ...verb.options }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Wrong(error instanceof Error ? `${error.message}.` : "These flags can't be read.");
  }
}

function deploymentOf(given: unknown): Deployment {
  const url = typeof given === "string" ? given : (process.env["RESTANTE_URL"] ?? "http://localhost:8787");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Wrong(`--url ${url}: it is http(s)://….`);
  const token = process.env["RESTANTE_ADMIN_TOKEN"] ?? "";
  if (token === "") {
    throw new Wrong(
      "Set RESTANTE_ADMIN_TOKEN: the deployment's ADMIN_TOKEN, or a service's token with the scope admin.",
    );
  }
  return new Deployment(url, token);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Wrong) {
    console.error(`${error.message} npm run admin -- --help tells more.`);
    process.exitCode = 2;
  } else if (error instanceof Refused) {
    console.error(`${error.message} (${error.code})`);
    process.exitCode = 1;
  } else if (error instanceof BrokenOff) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (error instanceof Unreachable) {
    console.error(error.message);
    process.exitCode = 3;
  } else throw error;
}
