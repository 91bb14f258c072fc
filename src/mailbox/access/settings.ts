// What the user lets others know: whether something was read, and whether they are online. Off works both ways.
import type { Settings } from "../../protocol/caller.ts";
import type { Box } from "../context.ts";
import { announce } from "../presence/presence.ts";

/** Changes what is given, and returns what holds then. To be done in a group. */
export function settings(box: Box, change: Partial<Settings>): Settings {
  const { life } = box.log;
  // A mailbox that never began has nothing to hide, and is not begun by a question.
  if (life === null && Object.keys(change).length === 0) return { receipts: true, presence: true };
  const before = box.log.found(box.user);
  const receipts = change.receipts ?? before.receipts === 1;
  const presence = change.presence ?? before.presence === 1;
  const wasPresent = before.presence === 1;
  if (receipts !== (before.receipts === 1) || presence !== wasPresent) {
    box.log.set({ receipts: Number(receipts), presence: Number(presence) });
  }
  if (presence !== wasPresent) announce(box);
  return { receipts, presence };
}
