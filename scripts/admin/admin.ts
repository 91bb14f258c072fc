// npm run admin: operators' commands for any deployment, over its HTTP API only.
// Exit codes: 0 done, 1 refused by the server or a truncated response, 2 wrong usage, 3 the server can't be reached.
import { parseArgs } from "node:util";
import { printable } from "../../src/protocol/short-text.ts";
import { TruncatedError, Deployment, RefusedError, UnreachableError } from "./deployment.ts";
import { HELP, helpOf } from "./help.ts";
import type { Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

const SHARED_FLAGS = {
  url: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

class UsageError extends Error {}

async function main(args: string[]): Promise<number> {
  const { verb, name, words } = verbOf(args);
  if (verb === null) {
    const isHelp = args.length === 0 || args.some((arg) => arg === "--help" || arg === "-h");
    if (!isHelp) throw new UsageError(`There is no verb ${JSON.stringify(name)}.`);
    console.log(HELP);
    return args.length === 0 ? 2 : 0;
  }
  const { values, positionals: all } = parseFlags(args, verb);
  if (values["help"] === true) {
    console.log(helpOf(name, verb));
    return 0;
  }
  const positionals = all.slice(words);
  if (positionals.length !== verb.args.length)
    throw new UsageError(`${name} takes ${verb.args.join(" and ") || "nothing"}.`);
  const found = await verb.run(deploymentOf(values["url"]), { ...values, positionals });
  if (typeof found === "string") throw new UsageError(found);
  const { value, text, isNo = false } = found;
  // Labels and names come from users, and a terminal executes control characters.
  if (values["json"] === true) process.stdout.write(printable(`${JSON.stringify(value)}\n`));
  else (isNo ? process.stderr : process.stdout).write(printable(text));
  return isNo ? 1 : 0;
}

/** The verb, of one or two words, before or after flags. */
function verbOf(args: string[]): { readonly verb: Verb | null; readonly name: string; readonly words: number } {
  const options = Object.assign({}, SHARED_FLAGS, ...[...VERBS.values()].map((verb) => verb.flags));
  const { positionals } = parseArgs({ args, options, allowPositionals: true, strict: false });
  for (const words of [2, 1]) {
    const name = positionals.slice(0, words).join(" ");
    const verb = VERBS.get(name);
    if (verb !== undefined) return { verb, name, words };
  }
  return {
    verb: null,
    name: positionals.slice(0, /^(service|report)$/.test(positionals[0] ?? "") ? 2 : 1).join(" "),
    words: 0,
  };
}

function parseFlags(args: string[], verb: Verb) {
  try {
    return parseArgs({ args, options: { ...SHARED_FLAGS, ...verb.flags }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? `${error.message}.` : "These flags can't be read.");
  }
}

function deploymentOf(given: unknown): Deployment {
  const url = typeof given === "string" ? given : (process.env["RESTANTE_URL"] ?? "http://localhost:8787");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url ${url}: it must be http(s)://….`);
  const token = process.env["RESTANTE_ADMIN_TOKEN"] ?? "";
  if (token === "") {
    throw new UsageError(
      "Set RESTANTE_ADMIN_TOKEN: the deployment's ADMIN_TOKEN, or a service's token with the scope admin.",
    );
  }
  return new Deployment(url, token);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message} See npm run admin -- --help.`);
    process.exitCode = 2;
  } else if (error instanceof RefusedError) {
    console.error(`${error.message} (${error.code})`);
    process.exitCode = 1;
  } else if (error instanceof TruncatedError) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (error instanceof UnreachableError) {
    console.error(error.message);
    process.exitCode = 3;
  } else throw error;
}
