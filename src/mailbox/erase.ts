// The end of a mailbox: its user wants everything gone. To be done as the last thing of its life.
import type { Box } from "./box.ts";
import { vanish } from "./presence.ts";

/** Ends all connections and tells who has to know. What is under way from here on is nobody's. */
export function farewell(box: Box): void {
  if (box.log.life?.presence === 1) vanish(box);
  for (const session of box.sockets.all()) box.sockets.close(session, "erased", box.user);
}
