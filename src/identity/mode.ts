// The AUTH variable: what it can be, what is wrong with it, and what it means, said aloud once when an isolate starts.
import { note } from "../protocol/journal.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { problemOfKeys } from "./jwt.ts";
import { type Variables, wordsOf } from "./variables.ts";

export type Mode = "accounts" | "jwt" | "open";

const MODES: ReadonlySet<string> = new Set(["accounts", "jwt", "open"] satisfies Mode[]);

/** Characters of a secret in a variable. Answers: guessing it. */
const SECRET_UNITS = 32;

/** The mode, or null where the variables make no sense: then nobody is let in. */
export function modeOf(variables: Variables): Mode | null {
  return problemOf(variables) === null ? (variables.AUTH as Mode) : null;
}

/** Why nobody is let in where the mode makes no sense; the details are in the log. */
export function misconfigured(): Refusal {
  return refusal("internal", "the server is not configured; its log says what is missing");
}

/** Logs what the mode means for whoever runs this. */
export function announce(variables: Variables): void {
  if ((variables.ADMIN_TOKEN ?? "") !== "" && adminToken(variables) === null) {
    const error = `ADMIN_TOKEN needs at least ${SECRET_UNITS} characters, and no blanks. It opens nothing.`;
    note("admin_misconfigured", { error });
  }
  const problem = problemOf(variables);
  if (problem !== null) note("auth_misconfigured", { error: `${problem} Every connection is refused.` });
  else if (variables.AUTH === "open") {
    const where = opensAnywhere(variables) ? "" : " from this machine or a private network";
    note("auth_open", { warning: `AUTH is open: anybody who can reach this server${where} may open any mailbox` });
  }
}

/** What an operator has to bring; null where nothing opens what is for operators, but for a service's token. */
export function adminToken({ ADMIN_TOKEN = "" }: Variables): string | null {
  return ADMIN_TOKEN.length >= SECRET_UNITS && !/\s/.test(ADMIN_TOKEN) ? ADMIN_TOKEN : null;
}

/** In `open` mode only loopback and private hosts are served, unless a second variable says that it is meant. */
export function servesHost(variables: Variables, url: string): boolean {
  return opensAnywhere(variables) || isPrivate(new URL(url).hostname);
}

/** The machine itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function opensAnywhere(variables: Variables): boolean {
  return variables.OPEN_ANYWHERE === "yes";
}

function isPrivate(host: string): boolean {
  if (isLoopback(host) || host.endsWith(".local")) return true;
  if (/^(10(\.\d+){3}|192\.168(\.\d+){2}|169\.254(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2})$/.test(host))
    return true;
  // Unique local and link-local addresses.
  return /^\[(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(host);
}

function problemOf(variables: Variables): string | null {
  const { AUTH, REGISTRATION = "open", INVITE_SECRET = "" } = variables;
  if (!MODES.has(AUTH)) return `AUTH is ${JSON.stringify(AUTH)}; it can be accounts, jwt or open.`;
  if (AUTH === "jwt") return problemOfKeys(variables);
  if (AUTH !== "accounts") return null;
  if (!["open", "invite", "closed"].includes(REGISTRATION)) return "REGISTRATION can be open, invite or closed.";
  if (REGISTRATION === "invite" && INVITE_SECRET.length < SECRET_UNITS) {
    return `INVITE_SECRET needs at least ${SECRET_UNITS} characters.`;
  }
  if (wordsOf(variables.ALLOWED_ORIGINS).includes("*")) return "ALLOWED_ORIGINS can't be * where there are cookies.";
  return null;
}
