// What a row of the log carries beside its entries, so that it costs no row of its own: the range of seqs that was
// skipped before it, and what has changed in rows of peers. A wake reads the notes after the checkpoint; at a
// checkpoint the rows of the peers are written. Older code passes over them.
import type { PeerNote } from "./peers/peer-note.ts";
import type { Pair } from "./peers/skipped-ranges.ts";

interface RunNotes {
  /** Seqs before the first entry of the run that were never given. */
  readonly jumps?: readonly Pair[];
  /** Changes of peers, as of the end of the run's commit. */
  readonly peers?: readonly PeerNote[];
  /**
   * When it was written, ms since 1970, if sockets could hold early marks then: those sent since may be lost, if the
   * instance ends with its sockets.
   */
  readonly early?: number;
}

/** With this the most common note begins. It says nothing that a wake has to read. */
export const EARLY_ALONE = '{"early":';

/** The text for the row; null if there is nothing. */
export function textOf(notes: RunNotes): string | null {
  const { jumps = [], peers = [], early } = notes;
  if (jumps.length === 0 && peers.length === 0 && early === undefined) return null;
  return JSON.stringify({ ...(jumps.length > 0 && { jumps }), ...(peers.length > 0 && { peers }), early });
}

export function notesOf(text: string | null): RunNotes {
  return text === null ? {} : (JSON.parse(text) as RunNotes);
}
