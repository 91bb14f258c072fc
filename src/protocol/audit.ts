// The audit: one line for each action of an operator, each look at a user's data, and each network with wrong operator
// tokens. The registry stores it. Never a message, a token, or an address.

/** What an operator does, and whether it changes something (`actions`) or only shows data of somebody (`looks`). */
export const AUDITED = {
  suspend: "actions",
  resume: "actions",
  disconnect: "actions",
  set_quotas: "actions",
  export: "actions",
  restore: "actions",
  erase: "actions",
  create_service: "actions",
  revoke_service: "actions",
  grant_token: "actions",
  revoke_token: "actions",
  resolve_report: "actions",
  set_webhook: "actions",
  remove_webhook: "actions",
  list_users: "looks",
  list_reports: "looks",
  read_report: "looks",
  look: "looks",
  trace: "looks",
  show_service: "looks",
} as const satisfies Readonly<Record<string, "actions" | "looks">>;

export type AuditedAction = keyof typeof AUDITED;

/** The parts of the audit. `attempts`: wrong operator tokens, by network. */
export const AUDIT_PARTS = ["actions", "looks", "attempts"] as const;
export type AuditPart = (typeof AUDIT_PARTS)[number];

/** Lines that each part keeps, the newest; one part never pushes out another. Answers: attempts that hide actions. */
export const AUDIT_LINES: { readonly [Part in AuditPart]: number } = {
  actions: 100_000,
  looks: 20_000,
  attempts: 2_000,
};

/** UTF-16 units of the details of one line. Answers: requests as storage. */
export const MAX_DETAIL_UNITS = 4_000;

/** Networks with wrong tokens that get a new line in a minute. Answers: a botnet that makes the registry write rows. */
export const ATTEMPT_LINES_PER_MINUTE = 60;

/** Lines of one page, and lines that are looked through for it. Answers: a filter that reads all lines at once. */
export const AUDIT_PAGE = 100;
export const AUDIT_SCAN = 5_000;

/** What is known when the line is written. */
export interface NewAuditLine {
  readonly action: AuditedAction;
  /** The user or service account that it is about; null for none. */
  readonly user: string | null;
  /** `secret` for ADMIN_TOKEN, or a service's name with the id of its token. */
  readonly operator: string | null;
  readonly operatorToken: string | null;
  /** The client's network: a /24 of IPv4, a /48 of IPv6, or `unknown`. */
  readonly network: string;
  /** JSON: the fields of the request. */
  readonly detail: string;
}

/** One line. `at`: ms since 1970. */
export interface AuditLine {
  /** The number in its part. */
  readonly n: number;
  readonly at: number;
  readonly action: string;
  readonly user: string | null;
  readonly operator: string | null;
  readonly operatorToken: string | null;
  readonly network: string;
  readonly detail: string;
  /** `done`, or the code of the refusal; null if unknown: the server ended in between, or it is no action. */
  readonly result: string | null;
  /** How often: 1, except for attempts. */
  readonly count: number;
  /** When it last happened. */
  readonly last: number;
}

/** Which lines to return: of one part, the newest first. `before`: an `n`. */
export interface AuditQuery {
  readonly of: AuditPart;
  readonly user: string | null;
  readonly operator: string | null;
  readonly since: number;
  readonly before: number | null;
}

export interface AuditPage {
  readonly lines: readonly AuditLine[];
  /** The `before` of the next page; null after the last one. A page may be empty and have a next one. */
  readonly next: number | null;
}

/** The calls to the registry's object with the audit. */
export interface AuditCalls {
  /** Writes a line and returns its number in its part. */
  beginAudit(line: NewAuditLine): Promise<number>;
  /** Replaces the details of a line. */
  amendAudit(part: AuditPart, n: number, detail: string): Promise<void>;
  finishAudit(part: AuditPart, n: number, result: string): Promise<void>;
  /** Counts wrong operator tokens of a network; `code` is the last refusal. */
  countAttempts(network: string, code: string, count: number): Promise<void>;
  listAudit(query: AuditQuery): Promise<AuditPage>;
}
