// What a wake reads off the end of the log: the last id of each device, and what is still owed. Pure; log.ts brings the rows.
import type { Head } from "./entry-rows.ts";
import type { Sent } from "./schema.ts";

/** Entries of one receiver that are in memory while they are owed, at most. Answers: a receiver that is away for long. */
export const UNSETTLED_IN_MEMORY = 1_024;

/** Sent to one receiver, and neither stored nor failed, in order; `more` of them are in the log alone. */
export interface UnsettledTo {
  readonly sent: Sent[];
  more: number;
}

export interface Tail {
  readonly owed: ReadonlyMap<string, UnsettledTo>;
  /** The last id that was taken from each device. */
  readonly ids: ReadonlyMap<string, number>;
  readonly entries: number;
}

/** What belongs to a conversation; `origin` is null for the user's own. */
export type Exchanged = Pick<Head, "seq" | "peer" | "origin">;

/**
 * Reads the entries after the checkpoint, oldest first, and keeps none of them. `reached` tells up to which seq a peer has what was sent
 * to it; `exchanged` hears of what belongs to conversations.
 */
export function readTail(
  entries: Iterable<Head>,
  reached: (peer: string) => number,
  exchanged: (entry: Exchanged) => void,
): Tail {
  const ids = new Map<string, number>();
  const owed = new Map<string, UnsettledTo>();
  let count = 0;
  for (const entry of entries) {
    const { seq, kind, peer, failed, device, id, at } = entry;
    count++;
    if (device !== null && id !== null) ids.set(device, id);
    if (kind === "in" || kind === "out" || kind === "self") exchanged(entry);
    if (kind === "out" && failed === null && seq > reached(peer)) addUnsettled(owed, { seq, peer, at });
  }
  return { owed, ids, entries: count };
}

/** One more is owed. */
export function addUnsettled(all: Map<string, UnsettledTo>, sent: Sent): void {
  let owed = all.get(sent.peer);
  if (owed === undefined) all.set(sent.peer, (owed = { sent: [], more: 0 }));
  if (owed.sent.length < UNSETTLED_IN_MEMORY) owed.sent.push(sent);
  else owed.more++;
}
