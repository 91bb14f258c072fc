// What a wake reads off the end of the log: the last id of each device, and what is still owed. Pure; log.ts brings the rows.
import type { Entry } from "./schema.ts";

/** An entry that was sent, without its body. */
export interface Sent {
  readonly seq: number;
  readonly peer: string;
  readonly at: number;
}

export interface Tail {
  /** Sent, and neither stored nor failed, in order. */
  readonly owed: readonly Sent[];
  /** The last id that was taken from each device. */
  readonly ids: ReadonlyMap<string, number>;
  readonly entries: number;
}

/** Reads the entries after the checkpoint, oldest first. `reached` tells up to which seq a peer has what was sent to it. */
export function readTail(entries: Iterable<Omit<Entry, "body">>, reached: (peer: string) => number): Tail {
  const ids = new Map<string, number>();
  const refused = new Set<number>();
  const sent: Sent[] = [];
  let count = 0;
  for (const { seq, kind, peer, origin, device, id, at } of entries) {
    count++;
    if (device !== null && id !== null) ids.set(device, id);
    if (kind === "out" && seq > reached(peer)) sent.push({ seq, peer, at });
    if (kind === "failed" && origin !== null) refused.add(origin);
  }
  return { owed: sent.filter(({ seq }) => !refused.has(seq)), ids, entries: count };
}
