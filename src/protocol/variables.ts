// Every variable of a deployment in one table: default, possible values, meaning. Adding one means adding a row. All
// code that reads or checks a variable uses this table. The documentation has the same table for people.
import { parseOrigin } from "./host.ts";
import { parseHosts } from "./allowed-hosts.ts";
import { CALLS_PER_EVENT, MAX_CALLS_PER_EVENT, QUOTAS, SESSION_IDLE_DAYS } from "./limits.ts";
import { choice, list, type ReadResult, type VariableRow, secret, text, integer } from "./variable-kinds.ts";

export const AUTH_MODES = ["accounts", "jwt", "open"] as const;
export type AuthMode = (typeof AUTH_MODES)[number];
/** The levels of log lines, the lowest first. */
export const LOG_LEVELS = ["info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const REGISTRATION_MODES = ["open", "invite", "closed"] as const;

export const VARIABLES = {
  AUTH: choice(AUTH_MODES, null, "who may open a mailbox", { guards: true }),
  REGISTRATION: choice(REGISTRATION_MODES, "open", "who may claim a name", { guards: true }),
  USER_LIST: choice(["on", "off"], "off", "whether the registry lists the claimed names"),
  INVITE_SECRET: secret("what invitations are signed with"),
  ADMIN_TOKEN: secret("who has it is an operator", { blanks: false }),
  ORIGIN: text("the origin that cookies and passkeys are made for", { guards: true, read: readOwnOrigin }),
  ALLOWED_ORIGINS: list("pages of which other origins may use this server", readAllowedOrigin),
  WEBHOOK_HOSTS: list("hosts that webhooks may be posted to though they are private", readWebhookHost),
  JWT_ISSUER: list("the iss that a token must have"),
  JWT_AUDIENCE: list("the aud that a token must have"),
  JWT_SECRET: secret("what tokens are signed with, for HS256"),
  JWT_JWKS_URL: text("where the public keys are"),
  JWT_ALGORITHMS: list("the algorithms that are taken"),
  JWT_CLAIM: text("the claim that is the userName", { fallback: "sub" }),
  OPEN_ANYWHERE: choice(["yes"], null, "lets AUTH=open serve hosts that are not private"),
  REQUESTS: choice(["on", "off"], null, "whether first contact is a request"),
  RATE_LIMIT: choice(["on", "off"], "on", "off lifts the limits on how much and how often"),
  STRANGER_MESSAGES: integer(QUOTAS.STRANGER_MESSAGES, "messages of a stranger before they are accepted"),
  SEND_BURST: integer(QUOTAS.SEND_BURST, "messages of a user at once"),
  SENDS_PER_SECOND: integer(QUOTAS.SENDS_PER_SECOND, "messages of a user in a second"),
  NEW_CORRESPONDENTS_PER_HOUR: integer(QUOTAS.NEW_CORRESPONDENTS_PER_HOUR, "people written to for the first time"),
  SIGNAL_BURST: integer(QUOTAS.SIGNAL_BURST, "frames of a user at once that are no messages"),
  SIGNALS_PER_SECOND: integer(QUOTAS.SIGNALS_PER_SECOND, "frames of a user in a second that are no messages"),
  CONNECT_BURST: integer(QUOTAS.CONNECT_BURST, "connections that a user opens at once"),
  CONNECTS_PER_SECOND: integer(QUOTAS.CONNECTS_PER_SECOND, "connections that a user opens in a second"),
  REQUEST_BURST: integer(QUOTAS.REQUEST_BURST, "requests of a user over HTTP at once"),
  REQUESTS_PER_SECOND: integer(QUOTAS.REQUESTS_PER_SECOND, "requests of a user over HTTP in a second"),
  SOCKETS: integer(QUOTAS.SOCKETS, "open connections of a user"),
  BACKLOG_PER_CORRESPONDENT: integer(QUOTAS.BACKLOG_PER_CORRESPONDENT, "messages of one author that wait unseen"),
  BACKLOG: integer(QUOTAS.BACKLOG, "messages that wait unseen in a mailbox"),
  OUTBOX_PER_CORRESPONDENT: integer(QUOTAS.OUTBOX_PER_CORRESPONDENT, "messages on their way to one receiver"),
  // 10 TB. Answers: a typing error that means no limit.
  MAILBOX_BYTES: integer(QUOTAS.MAILBOX_BYTES, "bytes that a mailbox may hold", { most: 10_000_000_000_000 }),
  ATTEMPTS_PER_MINUTE: integer(QUOTAS.ATTEMPTS_PER_MINUTE, "attempts of an address to register or to sign in"),
  SESSION_IDLE_DAYS: integer(SESSION_IDLE_DAYS, "idle days after which a device signs in anew; 0 for never", {
    least: 0,
    most: 36_500,
  }),
  CLIENT_ADDRESS: choice(["header", "unknown"], "header", "whether CF-Connecting-IP says who asks"),
  CALLS_PER_EVENT: integer(CALLS_PER_EVENT, "calls that an event of a mailbox makes before an alarm goes on", {
    most: MAX_CALLS_PER_EVENT,
  }),
  LOG_LEVEL: choice(LOG_LEVELS, "info", "the lowest level of the lines in the log"),
  // 100 years. Answers: times that overflow.
  RETENTION_DAYS: integer(null, "how many days a mailbox keeps entries of its log", { most: 36_500 }),
  RETENTION_ENTRIES: integer(null, "how many entries of its log a mailbox keeps"),
  JURISDICTION: choice(["eu", "fedramp", "fedramp-high"], null, "where all mailboxes are", {
    guards: true,
    empty: true,
  }),
} as const satisfies Readonly<Record<string, VariableRow<unknown>>> &
  Readonly<Record<keyof typeof QUOTAS, VariableRow<number>>>;

export type VariableName = keyof typeof VARIABLES;

type ValueOf<Name extends VariableName> = (typeof VARIABLES)[Name] extends VariableRow<infer T> ? T : never;

/** The texts that a deployment gives. Bindings beside them are ignored. */
export type Variables = { readonly [Name in VariableName]?: string };

/** The parsed variables of this deployment; they do not change while an isolate lives. */
const parsedValues = new WeakMap<object, Map<VariableName, unknown>>();

/** The value of a variable: the given one, or the default if none or an invalid one is given. */
export function valueOf<Name extends VariableName>(variables: Variables, name: Name): ValueOf<Name> {
  const values = parsedValues.get(variables) ?? new Map<VariableName, unknown>();
  if (!values.has(name)) {
    const row: VariableRow<unknown> = VARIABLES[name];
    const read = row.read(textOf(variables[name]));
    values.set(name, "value" in read ? read.value : row.fallback);
    parsedValues.set(variables, values);
  }
  return values.get(name) as ValueOf<Name>;
}

/** A sentence on what is wrong with the text of a variable, or null. */
export function problemOfValue(variables: Variables, name: VariableName): string | null {
  const { problem } = (VARIABLES[name] as VariableRow<unknown>).read(textOf(variables[name]));
  return problem === undefined ? null : `${name} ${problem}`;
}

/** Numbers and booleans of wrangler.toml arrive as such. */
function textOf(given: unknown): string {
  return given === undefined || given === null ? "" : typeof given === "object" ? JSON.stringify(given) : String(given);
}

function readOwnOrigin(given: string): ReadResult<string> {
  const read = parseOrigin(given);
  if ("problem" in read) return { problem: `is ${read.problem}` };
  return /^https?:/.test(read.origin)
    ? { value: read.origin }
    : { problem: `is ${given}: it begins with https:// or http://.` };
}

function readWebhookHost(word: string): ReadResult<string> {
  const { hosts, problem } = parseHosts(word);
  const [value] = hosts;
  return value === undefined ? { problem: `has an entry that matches no host: ${problem ?? word}` } : { value };
}

function readAllowedOrigin(word: string): ReadResult<string> {
  if (word === "*") return { value: word };
  const read = parseOrigin(word);
  return "origin" in read ? { value: read.origin } : { problem: `has an entry that matches no page: ${read.problem}` };
}
