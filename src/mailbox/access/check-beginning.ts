// A mailbox begins under its name: when it is claimed, made a service's, or, where nobody has to claim it, first opened, used or written
// to. From then on it goes on, whatever the rule for new names becomes.
import { checkNewName } from "../../protocol/new-names.ts";
import type { Refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../context.ts";

/** Whether the name seems unused, and an erasure of its mailbox was interrupted: then nobody may get it. */
export async function isErasureUnderWay({ user, log, remote }: MailboxContext): Promise<boolean> {
  return log.row === null && !log.erased && (await remote.isErasing(user));
}

/** Why no mailbox can begin here, or null; null also where one has begun. */
export function checkBeginning(context: MailboxContext): Refusal | null {
  return context.log.row === null ? checkNewName(context.user) : null;
}
