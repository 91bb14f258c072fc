// A mailbox begins under its name: when it is claimed, made a service's, or, where nobody has to claim it, first opened, used or written
// to. From then on it goes on, whatever the rule for new names becomes.
import { checkNewName } from "../../protocol/new-names.ts";
import type { Refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../context.ts";

/** Why no mailbox can begin here, or null; null also where one has begun. */
export function checkBeginning(context: MailboxContext): Refusal | null {
  return context.log.row === null ? checkNewName(context.user) : null;
}
