// A mailbox begins when its name is claimed or becomes a service account's, or, where names are not claimed, with the
// first connection, request or message. A mailbox that has begun keeps its name, even if the rule for new names
// changes.
import { checkNewName } from "../../protocol/new-names.ts";
import type { Refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";

/** Checks whether a mailbox can begin under this name. Null also for one that has begun. */
export function checkBeginning(context: MailboxContext): Refusal | null {
  return context.log.row === null ? checkNewName(context.user) : null;
}

/** Whether the name seems unused because the erasure of its mailbox was interrupted. Then no account gets it. */
export async function isErasureUnderWay({ user, log, remote }: MailboxContext): Promise<boolean> {
  return log.row === null && !log.isErased && (await remote.isErasing(user));
}
