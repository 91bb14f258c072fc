// The end of a mailbox: its user erases everything. What may fail comes first, in one transaction. Only when nothing is
// left are the sockets closed, and from then on no account gets the name.
import type { MailboxContext, MailboxObject } from "../instance/context.ts";
import { deleteFile } from "../log/tombstone.ts";
import { correspondents, goInvisible } from "../people/presence.ts";

/**
 * Erases everything except the record that the name is taken. Throws where that can't be done: then the mailbox is as
 * it was.
 */
export async function eraseMailbox(object: MailboxObject, context: MailboxContext): Promise<void> {
  const { storage } = object.state;
  closeForErasure(context, (work) => storage.transactionSync(work));
  object.forget();
  context.background(context.censusReport.changed({ event: "disconnect", device: "", sockets: 0 }));
  await storage.deleteAlarm();
  // From here on no account gets the name. Erased rows may be in the file until it is discarded, at the latest by the
  // next wake.
  await storage.sync();
  await discardErasedFile(storage, context);
}

/** Discards the file of an erased mailbox. Should the server end before the new file says so, the census still does. */
export async function discardErasedFile(
  storage: DurableObjectStorage,
  { user, remote }: Pick<MailboxContext, "user" | "remote">,
): Promise<void> {
  await remote.erasing(user, true);
  deleteFile(storage);
  await storage.sync();
  await remote.erasing(user, false);
}

function closeForErasure(context: MailboxContext, transaction: (work: () => void) => void): void {
  // Queued work is done before: nothing of it may be written after the end.
  context.groupCommit.runNow(() => undefined);
  const contacts = context.log.row?.presence === 1 ? correspondents(context) : [];
  transaction(() => context.log.erase());
  // Work that is under way from here on finds a closed group commit.
  context.groupCommit.close();
  goInvisible(context, contacts);
  for (const session of context.sockets.all()) context.sockets.close(session, "erased", context.user);
}
