// What a verb gets to work with: the parts of one mailbox, wired in mailbox.ts.
import type { Lanes } from "./lanes.ts";
import type { Log } from "./log/log.ts";
import type { Peers } from "./peers.ts";
import type { Sockets } from "./sockets.ts";
import type { Turn } from "./turn.ts";

export interface Box {
  /** The canonical userName whose mailbox this is. */
  readonly user: string;
  readonly log: Log;
  readonly sockets: Sockets;
  readonly lanes: Lanes;
  readonly peers: Peers;
  readonly turn: Turn;
  /** Lets something go on after the event that began it. */
  background(work: Promise<unknown>): void;
}
