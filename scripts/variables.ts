// Checks the variables before a server starts or is deployed, and reports each problem in a sentence. Exit codes: 0 all
// are valid, 1 some are not.
import { parseArgs } from "node:util";
import { startProblems } from "../src/identity/check-variables.ts";
import type { Variables } from "../src/protocol/variables.ts";

/** Set by a caller that has the variables already; otherwise they are read as wrangler does. */
const VARIABLES_ENV = "RESTANTE_VARIABLES";

/** Secrets of a deployment can't be read back: if they are not given here, they are assumed to be set and valid. */
const ASSUMED_SECRETS: Variables = { INVITE_SECRET: "?".repeat(32), JWT_ISSUER: "?", JWT_AUDIENCE: "?" };

interface FoundVariables {
  readonly given: Readonly<Record<string, unknown>>;
  /** Names of wrangler.toml and the command line. Other names come from files that other programs read too. */
  readonly declared: ReadonlySet<string>;
}

async function findVariables(verb: string, flags: readonly string[]): Promise<FoundVariables> {
  const handed = process.env[VARIABLES_ENV];
  if (handed !== undefined) {
    const given = JSON.parse(handed) as Record<string, unknown>;
    return { given, declared: new Set(Object.keys(given)) };
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
  const declared = new Set([...Object.keys(config.vars), ...Object.keys(flagged)]);
  if (verb === "deploy") {
    const given = { ...ASSUMED_SECRETS, ...config.vars, ...flagged };
    return { declared, given: given["JWT_JWKS_URL"] ? given : { JWT_SECRET: "?".repeat(32), ...given } };
  }
  const files = values["env-file"]?.filter((file) => typeof file === "string");
  const found = Object.entries(readFiles(config.configPath, files, config.vars, env, true));
  return { declared, given: { ...Object.fromEntries(found.map(([name, { value }]) => [name, value])), ...flagged } };
}

/** The pairs of `--var NAME:VALUE`; one flag may have several. */
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
const { given, declared } = await findVariables(verb, flags);
const problems = startProblems(given, declared);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error("\ndocs/VARIABLES.md has a table of all variables. Nothing was started.");
  process.exitCode = 1;
}
