// The end of a mailbox: its user wants everything gone. What may fail comes first, in one transaction; only when nothing is left are the
// sockets told, and from then on the mailbox is nobody's.
import type { MailboxContext } from "../context.ts";
import { correspondents, goInvisible } from "../presence/presence.ts";

/** Drops everything. Throws where that can't be done: then the mailbox is as it was. */
export function closeForErasure(context: MailboxContext, transaction: (work: () => void) => void): void {
  // What has joined is done before: nothing of it may be written after the end.
  context.groupCommit.runNow(() => undefined);
  const told = context.log.row?.presence === 1 ? correspondents(context) : [];
  transaction(() => context.log.erase());
  // What is under way from here on is nobody's.
  context.groupCommit.close();
  goInvisible(context, told);
  for (const session of context.sockets.all()) context.sockets.close(session, "erased", context.user);
}
