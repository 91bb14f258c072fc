// Removes messages of the user's log: their rows get tombstones in place of the bodies, a part at a time, because a
// conversation may be large. From the moment in which a removal begins nothing of it is served. What one transaction
// leaves is in a table. An own message that its receiver does not have yet stays until it has: a removal is for the
// user's own log.
import type { EntryRows } from "../../durable/log/entry-rows.ts";
import type { Head } from "../../durable/log/entry.ts";
import { isMessage, isTombstone, type Tombstone } from "../../durable/log/kinds.ts";
import type { Sql } from "../../durable/log/sql.ts";
import type { ContactRows } from "./peers/contact-rows.ts";
import type { ConversationIndex, RemovedMessages } from "./peers/conversation-index.ts";
import type { PeerRows } from "./peers/peer-rows.ts";
import { notesOf, textOf } from "./run-notes.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS removal (id INTEGER PRIMARY KEY, peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, kind TEXT NOT NULL)";

/** Messages that are removed in one step. */
const STEP = 128;
/** Messages, and UTF-16 units of their rows, of one transaction. Answers: a commit that takes longer than a request may. */
const MAX_MESSAGES = 1_024;
const MAX_UNITS = 2_000_000;

/** The messages of a conversation from the seq `first` to `last`. */
interface Range {
  readonly peer: string;
  readonly first: number;
  readonly last: number;
  readonly kind: Tombstone;
}

/** `id`: the key of its row; null before it has one. `isDone`: nothing of it is left. */
interface Pending extends Range {
  first: number;
  id: number | null;
  isChanged: boolean;
  isDone: boolean;
}

interface Parts {
  readonly entries: EntryRows;
  readonly peers: PeerRows;
  readonly contacts: ContactRows;
  /** Asked for when it is needed: the conversations ask for removals. */
  readonly conversations: () => ConversationIndex;
}

export class Removals implements RemovedMessages {
  readonly #sql: Sql;
  readonly #parts: Parts;
  #pending: Pending[] = [];

  constructor(sql: Sql, parts: Parts) {
    this.#sql = sql;
    this.#parts = parts;
    if (sql.row("SELECT 1 FROM sqlite_master WHERE name = 'removal'") === undefined) return;
    const rows = sql.rows<Range & { id: number }>("SELECT id, peer, first, last, kind FROM removal ORDER BY id");
    this.#pending = rows.map((row) => ({ ...row, isChanged: false, isDone: false }));
  }

  /** Whether anything is left to be removed. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  hides({ kind, peer, seq }: Pick<Head, "kind" | "peer" | "seq">): boolean {
    if (!isMessage(kind)) return isTombstone(kind);
    return this.#pending.some((range) => range.peer === peer && seq >= range.first && seq <= range.last);
  }

  clearedUpTo(peer: string): number {
    return this.#parts.contacts.clearedUpTo(peer);
  }

  /** From now on these messages are removed. `go` does it, and is to be called in the same transaction. */
  begin(range: Range): void {
    this.#pending.push({ ...range, id: null, isChanged: true, isDone: false });
  }

  /**
   * Removes what may be removed in one transaction, and writes down what is left. `settledBefore`: every message to this
   * peer before this seq is settled. Returns whether more can be removed at once.
   */
  go(settledBefore: (peer: string) => number): boolean {
    let [messages, units, hasMore] = [0, 0, false];
    for (const range of this.#pending) {
      for (let canGo = !range.isDone; canGo;) {
        hasMore = messages >= MAX_MESSAGES || units >= MAX_UNITS;
        if (hasMore) break;
        const step = this.#step(range, settledBefore(range.peer));
        messages += step.messages;
        units += step.units;
        canGo = step.canGo;
      }
      this.#save(range);
    }
    this.#pending = this.#pending.filter(({ isDone }) => !isDone);
    return hasMore;
  }

  /** `canGo`: whether another step may remove more. */
  #step(range: Pending, settledBefore: number): { canGo: boolean; messages: number; units: number } {
    const { entries, peers, conversations } = this.#parts;
    const peer = peers.get(range.peer);
    const all = conversations().seqsBetween(peer, range.first, range.last, STEP);
    const due = all.filter((seq) => seq < settledBefore);
    const last = due.at(-1);
    const units = entries.bury(due, { kind: range.kind, firstNotesOf });
    if (last !== undefined) {
      range.first = last + 1;
      range.isChanged = true;
      peers.entriesRemoved(peer);
    }
    const isWhole = due.length === all.length;
    range.isDone = isWhole && all.length < STEP;
    return { canGo: isWhole && !range.isDone, messages: due.length, units };
  }

  #save(range: Pending): void {
    const { id, peer, first, last, kind } = range;
    if (range.isDone) {
      if (id !== null) this.#sql.run("DELETE FROM removal WHERE id = ?", id);
    } else if (id === null) {
      this.#sql.run(TABLE);
      this.#sql.run("INSERT INTO removal (peer, first, last, kind) VALUES (?, ?, ?, ?)", peer, first, last, kind);
      range.id = this.#sql.row<{ id: number }>("SELECT max(id) AS id FROM removal")?.id ?? 0;
    } else if (range.isChanged) this.#sql.run("UPDATE removal SET first = ? WHERE id = ?", first, id);
    range.isChanged = false;
  }
}

/** The skipped range before a row is looked for in the first row behind it; all else is as of the end of the row. */
function firstNotesOf(notes: string): string | null {
  return textOf({ jumps: notesOf(notes).jumps ?? [] });
}
