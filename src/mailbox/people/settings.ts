// What the user lets others know: whether something was read, and whether they are online. Off works both ways.
import type { Settings } from "../../protocol/caller.ts";
import type { MailboxContext } from "../context.ts";
import { announcePresence } from "../presence/presence.ts";

/** Changes what is given, and returns what holds then. To be done in a group. */
export function settings(context: MailboxContext, change: Partial<Settings>): Settings {
  const { row: life } = context.log;
  // A mailbox that never began has nothing to hide, and is not begun by a question.
  if (life === null && Object.keys(change).length === 0) return { receipts: true, presence: true };
  const before = context.log.ensureCreated(context.user);
  const receipts = change.receipts ?? before.receipts === 1;
  const presence = change.presence ?? before.presence === 1;
  const wasPresent = before.presence === 1;
  if (receipts !== (before.receipts === 1) || presence !== wasPresent) {
    context.log.set({ receipts: Number(receipts), presence: Number(presence) });
  }
  if (presence !== wasPresent) announcePresence(context);
  return { receipts, presence };
}
