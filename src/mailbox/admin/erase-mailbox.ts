// The end of a mailbox: its user wants everything gone. What may fail comes first, in one transaction; only when nothing is left are the
// sockets told, and from then on the mailbox is nobody's.
import type { Box } from "../context.ts";
import { correspondents, vanish } from "../presence/presence.ts";

/** Drops everything. Throws where that can't be done: then the mailbox is as it was. */
export function erase(box: Box, transaction: (work: () => void) => void): void {
  // What has joined is done before: nothing of it may be written after the end.
  box.turn.now(() => undefined);
  const told = box.log.life?.presence === 1 ? correspondents(box) : [];
  transaction(() => box.log.erase());
  // What is under way from here on is nobody's.
  box.turn.end();
  vanish(box, told);
  for (const session of box.sockets.all()) box.sockets.close(session, "erased", box.user);
}
