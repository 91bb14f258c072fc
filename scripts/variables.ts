// Before a server starts or is deployed: whether its variables are variables, and make sense. A typing error is told now, in a sentence,
// and not found out later. Exit codes: 0 they do, 1 they don't.
import { parseArgs } from "node:util";
import { startProblems } from "../src/identity/check-variables.ts";
import type { Variables } from "../src/protocol/variables.ts";

/** Set by who has the variables already; otherwise they are looked up as wrangler does. */
const GIVEN = "RESTANTE_VARIABLES";

/** What a deployment may have as secrets, which nobody can read back: where they are not given here, they are taken for right. */
const UNSEEN: Variables = { INVITE_SECRET: "?".repeat(32), JWT_ISSUER: "?", JWT_AUDIENCE: "?" };

interface Found {
  readonly given: Readonly<Record<string, unknown>>;
  /** Names of wrangler.toml and of the command line; the others are of files that other programs read too. */
  readonly said: ReadonlySet<string>;
}

async function find(verb: string, flags: readonly string[]): Promise<Found> {
  const handed = process.env[GIVEN];
  if (handed !== undefined) {
    const given = JSON.parse(handed) as Record<string, unknown>;
    return { given, said: new Set(Object.keys(given)) };
  }
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: readFiles } = await import("wrangler");
  const options = {
    config: { type: "string", short: "c" },
    env: { type: "string", short: "e" },
    "env-file": { type: "string", multiple: true },
  } as const;
  const { values } = parseArgs({ args: [...flags], options, strict: false, allowPositionals: true });
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const [path, env] = [text(values.config) ?? "wrangler.toml", text(values.env)];
  const config = readConfig({ config: path, ...(env !== undefined && { env }) });
  const flagged = Object.fromEntries(varsIn(flags));
  const said = new Set([...Object.keys(config.vars), ...Object.keys(flagged)]);
  if (verb === "deploy") {
    const given = { ...UNSEEN, ...config.vars, ...flagged };
    return { said, given: given["JWT_JWKS_URL"] ? given : { JWT_SECRET: "?".repeat(32), ...given } };
  }
  const files = values["env-file"]?.filter((file) => typeof file === "string");
  const found = Object.entries(readFiles(config.configPath, files, config.vars, env, true));
  return { said, given: { ...Object.fromEntries(found.map(([name, { value }]) => [name, value])), ...flagged } };
}

/** `--var NAME:VALUE`, of which one flag may have several. */
function varsIn(flags: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  let isVar = false;
  for (const flag of flags) {
    const [, inline] = /^--var(?:=(.*))?$/s.exec(flag) ?? [];
    if (/^--var(=|$)/.test(flag)) isVar = true;
    else if (flag.startsWith("-")) isVar = false;
    const pair = /^([^:]+):(.*)$/s.exec(inline ?? (isVar && flag !== "--var" ? flag : ""));
    if (pair !== null) found.push([pair[1] ?? "", pair[2] ?? ""]);
  }
  return found;
}

const [verb = "", ...flags] = process.argv.slice(2);
const { given, said } = await find(verb, flags);
const problems = startProblems(given, said);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error("\nREADME.md has a table of all variables. Nothing was started.");
  process.exitCode = 1;
}
