// Service accounts: mailboxes for programs, whose names operators create. What operators ask, read once in the Worker, and what a
// mailbox tells of itself. A token of such an account carries scopes.
import * as z from "zod/mini";
import type { NewToken } from "./account.ts";

z.config({ jitless: true });

/** send: writes in the account's name, and changes how it stands to others. read: its mailbox. admin: what operators may. */
export const SCOPES = ["send", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** UTF-16 units of what an operator calls a token. Answers: names as storage. */
const LABEL = 64;

const scopes = z.array(z.enum(SCOPES)).check(z.minLength(1), z.maxLength(SCOPES.length));
const access = { scopes, label: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(LABEL))) };
const newService = z.strictObject({ userName: z.string(), ...access });
const newAccess = z.strictObject(access);

/** Reads the wish for a service account; a string says what is wrong. */
export function readNewService(value: unknown): z.infer<typeof newService> | string {
  const read = newService.safeParse(value);
  return read.success ? read.data : wrong("userName, scopes, and perhaps label", read.error);
}

/** Reads the wish for one more token; a string says what is wrong. */
export function readNewAccess(value: unknown): z.infer<typeof newAccess> | string {
  const read = newAccess.safeParse(value);
  return read.success ? read.data : wrong("scopes, and perhaps label", read.error);
}

/** A token of a service account, as operators see it: never the token itself. Times in ms since 1970. */
export interface Access {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created: number;
  readonly seen: number;
}

export interface Service {
  readonly userName: string;
  readonly created: number;
  readonly tokens: readonly Access[];
}

/** What a new token leaves in the mailbox. */
export interface NewAccess extends NewToken {
  readonly scopes: readonly Scope[];
}

/** What operators have a service's mailbox do. Each is answered with the service as it is then. */
export type ServiceOrder =
  | { readonly is: "show" }
  | { readonly is: "create"; readonly token: NewAccess }
  | { readonly is: "grant"; readonly token: NewAccess }
  | { readonly is: "revoke"; readonly id: string }
  | { readonly is: "end" };

function wrong(fields: string, { issues }: z.core.$ZodError): string {
  const [field, ...inside] = issues[0]?.path ?? [];
  if (field === undefined) return `the body is a JSON object with ${fields}`;
  if (field === "scopes" && inside.length > 0) return `scopes are some of ${SCOPES.join(", ")}`;
  return `${String(field)} is missing or not of its form`;
}
