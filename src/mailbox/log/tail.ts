// What a wake reads off the end of the log: the last id of each device, and what is still owed. Pure; log.ts brings the rows.
import type { Head } from "./entry-rows.ts";
import type { Sent } from "./schema.ts";

export interface Tail {
  /** Sent, and neither stored nor failed, in order. */
  readonly owed: readonly Sent[];
  /** The last id that was taken from each device. */
  readonly ids: ReadonlyMap<string, number>;
  /** What belongs to conversations; `origin` is null for the user's own. */
  readonly exchanged: readonly Pick<Head, "seq" | "peer" | "origin">[];
  readonly entries: number;
}

/** Reads the entries after the checkpoint, oldest first. `reached` tells up to which seq a peer has what was sent to it. */
export function readTail(entries: Iterable<Head>, reached: (peer: string) => number): Tail {
  const ids = new Map<string, number>();
  const owed: Sent[] = [];
  const exchanged: Pick<Head, "seq" | "peer" | "origin">[] = [];
  let count = 0;
  for (const { seq, kind, peer, origin, failed, device, id, at } of entries) {
    count++;
    if (device !== null && id !== null) ids.set(device, id);
    if (kind === "in" || kind === "out" || kind === "self") exchanged.push({ seq, peer, origin });
    if (kind === "out" && failed === null && seq > reached(peer)) owed.push({ seq, peer, at });
  }
  return { owed, ids, exchanged, entries: count };
}
