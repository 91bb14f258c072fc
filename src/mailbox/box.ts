// What a verb gets to work with: the parts of one mailbox, wired in mailbox.ts.
import type { Lanes } from "./lanes.ts";
import type { Log } from "./log.ts";
import type { Sockets } from "./sockets.ts";
import type { Turn } from "./turn.ts";

export interface Box {
  /** The canonical userName whose mailbox this is. */
  readonly user: string;
  readonly log: Log;
  readonly sockets: Sockets;
  readonly lanes: Lanes;
  readonly turn: Turn;
}
