// Checks variables that depend on each other, and unknown names. Used when an isolate starts, and by the commands that
// start or deploy a server, so that a typing error is reported before any request is served.
import { isLoopback } from "../protocol/host.ts";
import { splitWords } from "../protocol/variable-kinds.ts";
import { problemOfValue, valueOf, VARIABLES, type VariableName, type Variables } from "../protocol/variables.ts";

export { splitWords as wordsOf } from "../protocol/variable-kinds.ts";
export type { Variables } from "../protocol/variables.ts";

const NAMES = Object.keys(VARIABLES) as VariableName[];

/** One typing error is assumed for every four characters of a name. */
const CHARACTERS_PER_TYPO = 4;

/** Algorithms for a public key, and for a secret. `none` is never accepted, nor any HMAC with public keys. */
const PUBLIC_KEY_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const SECRET_ALGORITHMS = ["HS256"];

/** The accepted algorithms: all that fit the kind of key, reduced to those of JWT_ALGORITHMS if it names any. */
export function algorithmsOf(variables: Variables): readonly string[] {
  const fitting = isSet(variables, "JWT_SECRET") ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS;
  const named = valueOf(variables, "JWT_ALGORITHMS");
  return named.length === 0 ? fitting : fitting.filter((algorithm) => named.includes(algorithm));
}

/** A sentence on why every request is refused, or null. */
export function accessProblem(variables: Variables): string | null {
  for (const name of NAMES.filter((one) => VARIABLES[one].guards)) {
    // REGISTRATION matters only with accounts.
    const counts = name !== "REGISTRATION" || variables.AUTH === "accounts";
    const problem = counts && isChecked(variables, name) ? problemOfValue(variables, name) : null;
    if (problem !== null) return problem;
  }
  switch (valueOf(variables, "AUTH")) {
    case "accounts":
      return accountsProblem(variables);
    case "jwt":
      return jwtProblem(variables);
    default:
      return null;
  }
}

/** Problems of the other variables, in sentences: there the default applies. */
export function otherProblems(variables: Variables): readonly string[] {
  const others = NAMES.filter((name) => !VARIABLES[name].guards && VARIABLES[name].kind !== "secret");
  return others.flatMap((name) => problemOfValue(variables, name) ?? []);
}

/**
 * All problems because of which a server must not start, in sentences. `declared`: names meant for this server alone,
 * so an unknown one is a problem. Other names come from files that programs share: only near misses are problems.
 */
export function startProblems(given: Readonly<Record<string, unknown>>, declared: ReadonlySet<string>): string[] {
  const strangers = Object.keys(given).filter((name) => !isVariable(name));
  const names = strangers.flatMap((name) => {
    const nearest = nearestName(name);
    if (nearest !== null) return `There is no variable ${name}; did you mean ${nearest}?`;
    return declared.has(name) ? `There is no variable ${name}.` : [];
  });
  const variables = given as Variables;
  const secret = problemOfValue(variables, "ADMIN_TOKEN");
  const access = accessProblem(variables);
  return [...names, ...[access, secret].filter((one) => one !== null), ...otherProblems(variables)];
}

/** The variable that an unknown name probably means, or null. */
export function nearestName(name: string): VariableName | null {
  let nearest: VariableName | null = null;
  let best = Math.floor(name.length / CHARACTERS_PER_TYPO) + 1;
  for (const one of NAMES) {
    const changes = editDistance(name.toUpperCase().replaceAll("-", "_"), one);
    if (changes < best) [nearest, best] = [one, changes];
  }
  return nearest;
}

export function isVariable(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}

/** Whether a guarding variable is checked: AUTH always, because it has no default; others only if given. */
function isChecked(variables: Variables, name: VariableName): boolean {
  return name === "AUTH" || variables[name] !== undefined;
}

function isSet(variables: Variables, name: VariableName): boolean {
  return (variables[name] ?? "") !== "";
}

function accountsProblem(variables: Variables): string | null {
  if (valueOf(variables, "REGISTRATION") === "invite") {
    if (!isSet(variables, "INVITE_SECRET")) return "REGISTRATION=invite needs an INVITE_SECRET.";
    const problem = problemOfValue(variables, "INVITE_SECRET");
    if (problem !== null) return problem;
  }
  const { ALLOWED_ORIGINS } = variables;
  return splitWords(ALLOWED_ORIGINS).includes("*") ? "ALLOWED_ORIGINS can't be * where there are cookies." : null;
}

function jwtProblem(variables: Variables): string | null {
  if (valueOf(variables, "JWT_ISSUER").length === 0 || valueOf(variables, "JWT_AUDIENCE").length === 0) {
    return "AUTH=jwt needs JWT_ISSUER and JWT_AUDIENCE.";
  }
  if (isSet(variables, "JWT_SECRET") === isSet(variables, "JWT_JWKS_URL")) {
    return "AUTH=jwt needs either JWT_SECRET or JWT_JWKS_URL.";
  }
  const problem = problemOfValue(variables, "JWT_SECRET") ?? jwksUrlProblem(valueOf(variables, "JWT_JWKS_URL"));
  if (problem !== null) return problem;
  return algorithmsOf(variables).length === 0 ? "JWT_ALGORITHMS names none that this kind of key can have." : null;
}

/** Keys are fetched by https only. Answers: an attacker on the network who serves keys of their own. */
function jwksUrlProblem(address: string): string | null {
  if (address === "") return null;
  if (!URL.canParse(address)) return "JWT_JWKS_URL is no address.";
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== "" || password !== "") return "JWT_JWKS_URL must be without a user and a password.";
  if (protocol === "https:" || (protocol === "http:" && isLoopback(hostname))) return null;
  return "JWT_JWKS_URL must be https.";
}

/** The edit distance of two names: insertions, deletions, substitutions, and swaps of neighbours. */
function editDistance(one: string, other: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const at = (from: number[] | undefined, k: number) => from?.[k] ?? Infinity;
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1] ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same, swapped));
    }
    [before, last] = [last, row];
  }
  return last?.[other.length] ?? Infinity;
}
