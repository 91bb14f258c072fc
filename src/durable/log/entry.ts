// One entry of a log, and which neighbours form a run. It knows no table.
import type { Relation } from "../../protocol/relation.ts";
import type { Kind } from "./kinds.ts";

/** One entry of the log. `body` is JSON text. */
export interface Entry {
  readonly seq: number;
  readonly kind: Kind;
  readonly peer: string;
  /** Of an `in` entry, its seq in the author's log; of a `failed` entry, the seq of the entry that failed. */
  readonly origin: number | null;
  readonly device: string | null;
  readonly id: number | null;
  readonly at: number;
  /** The code with which the peer finally refused an `out` entry. */
  readonly failed: string | null;
  readonly body: string;
  /** Absent for most. */
  readonly re?: Relation;
}

/** An entry without its body. */
export type Head = Omit<Entry, "body">;

/** An entry that is yet to be appended. */
export type NewEntry = Omit<Entry, "seq" | "failed">;

/** The part of an `out` entry that the outbox keeps in memory. */
export interface SentEntry {
  readonly seq: number;
  readonly peer: string;
  readonly at: number;
  readonly re?: Relation;
}

/**
 * Whether `next` follows `entry` directly, and differs from it only by the body and by numbers that grow by one. One
 * with a relation is by itself.
 */
export function continuesRun(entry: Entry, next: Entry): boolean {
  return (
    next.seq === entry.seq + 1 &&
    next.kind === entry.kind &&
    next.peer === entry.peer &&
    next.at === entry.at &&
    next.device === entry.device &&
    next.id === (entry.id === null ? null : entry.id + 1) &&
    next.origin === (entry.origin === null ? null : entry.origin + 1) &&
    next.re === undefined &&
    entry.re === undefined
  );
}
