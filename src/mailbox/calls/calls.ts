// Every call that the Worker makes to a mailbox, by name. A new call is one line in the table of its subject. Names and
// arguments are a contract between versions: during a deploy old Workers call new objects, and new Workers old ones.
import { accountCalls } from "./account-calls.ts";
import { adminCalls } from "./admin-calls.ts";
import { messageCalls } from "./message-calls.ts";
import { passkeyCalls } from "./passkey-calls.ts";
import { peopleCalls } from "./people-calls.ts";
import { serviceCalls } from "./service-calls.ts";
import type { MailboxObject } from "../instance/context.ts";

export const CALLS = {
  ...accountCalls,
  ...passkeyCalls,
  ...peopleCalls,
  ...messageCalls,
  ...serviceCalls,
  ...adminCalls,
};

/** The calls as methods of the object, without the argument that the object fills in. */
export type CallMethods = {
  [Name in keyof typeof CALLS]: (typeof CALLS)[Name] extends (
    object: MailboxObject,
    ...args: infer Args
  ) => infer Result
    ? (...args: Args) => Result
    : never;
};
