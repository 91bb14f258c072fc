// The variables of a self-hosted server: those of server.json, overridden by flags and the environment, all checked.
import { readFileSync } from "node:fs";
import process from "node:process";
import { startProblems } from "../../src/identity/check-variables.ts";
import { VARIABLES } from "../../src/protocol/variables.ts";

/**
 * The form of our variables' names. workerd reads their values from its environment, not from a file or command line.
 */
const NAME = /^[A-Z][A-Z0-9_]*$/;

export interface VariableFlags {
  /** NAME:VALUE. */
  readonly var: readonly string[];
  /** Names of environment variables. */
  readonly env: readonly string[];
  /** Files with a NAME=value a line. */
  readonly "env-file": readonly string[];
  /** Whether each variable of ours in the environment is taken. */
  readonly "env-all": boolean;
}

type Given = readonly [name: string, value: string];

/** The values, or every problem in a sentence. A name that is given twice is a problem: nobody knows which one counts. */
export function findVariables(
  defaults: Readonly<Record<string, string>>,
  flags: VariableFlags,
): { variables: Record<string, string> } | { problems: string[] } {
  const problems: string[] = [];
  const given: Given[] = [];
  for (const one of flags.var) {
    const [, name = "", value = ""] = /^([^:]*):(.*)$/s.exec(one) ?? [];
    if (NAME.test(name)) given.push([name, value]);
    else problems.push(`--var ${one}: it must be NAME:VALUE.`);
  }
  for (const name of flags.env) {
    const value = process.env[name];
    if (NAME.test(name) && value !== undefined) given.push([name, value]);
    else problems.push(`--env ${name}: there is no such variable in the environment.`);
  }
  for (const file of flags["env-file"]) {
    try {
      given.push(...parseFile(file, readFileSync(file, "utf8"), problems));
    } catch (error) {
      problems.push(`--env-file ${file}: ${(error as Error).message}`);
    }
  }
  const named = new Set<string>();
  for (const [name] of given) {
    if (named.has(name)) problems.push(`${name} is given twice.`);
    named.add(name);
  }
  const others = flags["env-all"] ? ownVariables().filter(([name]) => !named.has(name)) : [];
  const variables = { ...defaults, ...Object.fromEntries([...others, ...given]) };
  if (variables["JURISDICTION"])
    problems.push("JURISDICTION needs Cloudflare: here the mailboxes are on this machine.");
  problems.push(...startProblems(variables, new Set(Object.keys(variables))));
  return problems.length > 0 ? { problems } : { variables };
}

function ownVariables(): Given[] {
  return Object.keys(VARIABLES).flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** Lines of a file as systemd and Docker read it: NAME=value, quotes around the value, # for comments. */
function parseFile(file: string, text: string, problems: string[]): Given[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (/^\s*(#|;|$)/.test(line)) return [];
    const [, name = "", value = ""] = /^\s*(?:export\s+)?([^=\s]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (!NAME.test(name)) {
      problems.push(`${file}, line ${i + 1}: it must be NAME=value.`);
      return [];
    }
    const [, inner] = /^"(.*)"$|^'(.*)'$/.exec(value)?.filter((part, n) => n === 0 || part !== undefined) ?? [];
    return [[name, inner ?? value] as const];
  });
}
