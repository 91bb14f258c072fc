// What a row of the log carries beside its entries, so that it costs no row of its own: the range of seqs that was
// skipped before it, and what has changed in rows of peers. A wake reads the notes after the checkpoint; at a
// checkpoint the rows of the peers are written. Older code passes over them.
import type { PeerNote } from "./peers/peer-note.ts";
import type { Pair } from "./peers/skipped-ranges.ts";

export interface RunNotes {
  /** Seqs before the first entry of the run that were never given. */
  readonly jumps?: readonly Pair[];
  /** Changes of peers, as of the end of the run's commit. */
  readonly peers?: readonly PeerNote[];
  /** Early marks were possible when it was written: if the instance ends without a wake's sockets, some may be lost. */
  readonly early?: 1;
}

/** The most common note. It says nothing that a wake has to read. */
export const EARLY_ALONE = textOf({ early: 1 }) ?? "";

/** The text for the row; null if there is nothing. */
export function textOf(notes: RunNotes): string | null {
  const { jumps = [], peers = [], early } = notes;
  if (jumps.length === 0 && peers.length === 0 && early === undefined) return null;
  return JSON.stringify({ ...(jumps.length > 0 && { jumps }), ...(peers.length > 0 && { peers }), early });
}

export function notesOf(text: string | null): RunNotes {
  return text === null ? {} : (JSON.parse(text) as RunNotes);
}
