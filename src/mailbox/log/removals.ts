// Removes messages of the user's log: their rows get tombstones in place of the bodies, a part at a time, because a
// conversation may be large. From the moment in which a removal begins nothing of it is served. What one transaction
// leaves is in a table. An own message that its receiver does not have yet stays until it has: a removal is for the
// user's own log. A pass goes through the whole range; when more of it is settled, another one follows. Of a message
// that its author takes back, its edits go too: they are looked for behind it.
import type { EntryRows } from "../../durable/log/entry-rows.ts";
import type { Head } from "../../durable/log/entry.ts";
import { isMessage, isTombstone, isUnsettledWhenNew } from "../../durable/log/kinds.ts";
import type { Sql } from "../../durable/log/sql.ts";
import type { ContactRows } from "./peers/contact-rows.ts";
import type { ConversationIndex, RemovedMessages } from "./peers/conversation-index.ts";
import type { PeerRows } from "./peers/peer-rows.ts";
import { notesOf, textOf } from "./run-notes.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS removal (id INTEGER PRIMARY KEY, peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, kind TEXT NOT NULL)";

/**
 * Removals of one message with its edits. A table of its own: code of before would remove all messages of the range.
 */
const VERSIONS_TABLE =
  "CREATE TABLE IF NOT EXISTS retraction (id INTEGER PRIMARY KEY, peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, target INTEGER NOT NULL)";

/** Messages that are looked for in one step, which removes the rest of the last row too. */
const STEP = 128;
/**
 * Messages, and UTF-16 units of their rows, of one transaction, and of the row beyond. Answers: a commit that takes
 * longer than a request may.
 */
const MAX_MESSAGES = 1_024;
const MAX_UNITS = 2_000_000;

/** The messages of a conversation from the seq `first` to `last`. */
interface Range {
  readonly peer: string;
  readonly first: number;
  readonly last: number;
  /** Only this message, and its edits. */
  readonly target?: number;
}

interface Pending extends Range {
  /** Everything before it is removed. */
  first: number;
  /** The key of its row; null before it has one. */
  id: number | null;
  isChanged: boolean;
  /** The pass continues here; above `last` between two passes. */
  next: number;
  /** The first message that the pass left because it is not settled; Infinity for none. */
  waiting: number;
  /** Every message to the peer before this seq is settled in this pass, or was in the last one; -1 for none. */
  settledBefore: number;
}

type Row = Range & { readonly id: number };

const NO_PASS = { next: Infinity, waiting: Infinity, settledBefore: -1 } as const;

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
  /** Of those pending: whole ranges, and single messages that go with their edits. */
  #ranges: Range[] = [];
  #targets = new Set<number>();

  constructor(sql: Sql, parts: Parts) {
    this.#sql = sql;
    this.#parts = parts;
    const tables = sql.rows<{ name: string }>("SELECT name FROM sqlite_master WHERE name IN ('removal', 'retraction')");
    const has = (table: string) => tables.some(({ name }) => name === table);
    const rows = [
      ...(has("removal") ? sql.rows<Row>("SELECT id, peer, first, last FROM removal ORDER BY id") : []),
      ...(has("retraction") ? sql.rows<Row>("SELECT id, peer, first, last, target FROM retraction ORDER BY id") : []),
    ];
    for (const row of rows) this.#add({ ...row, ...NO_PASS, isChanged: false });
  }

  /** Whether anything is left to be removed. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  hides({ kind, peer, seq, re }: Pick<Head, "kind" | "peer" | "seq" | "re">): boolean {
    if (!isMessage(kind)) return isTombstone(kind);
    if (this.#targets.size > 0 && this.#targets.has(re?.is === "edit" ? re.to : seq)) return true;
    return this.#ranges.some((range) => range.peer === peer && seq >= range.first && seq <= range.last);
  }

  clearedUpTo(peer: string): number {
    return this.#parts.contacts.clearedUpTo(peer);
  }

  /** From now on these messages are removed. `continue` does it, and is to be called in the same transaction. */
  begin(range: Range): void {
    this.#add({ ...range, ...NO_PASS, id: null, isChanged: true });
  }

  /**
   * Removes what may be removed in one transaction, and writes down what is left. `settledBefore`: every message to this
   * peer before this seq is settled. Returns whether more can be removed at once.
   */
  continue(settledBefore: (peer: string) => number): boolean {
    let [messages, units] = [0, 0];
    for (const range of this.#pending) {
      if (!isInPass(range, settledBefore(range.peer))) continue;
      while (range.next <= range.last && messages < MAX_MESSAGES && units < MAX_UNITS) {
        const step = this.#removeNext(range, MAX_UNITS - units);
        messages += step.count;
        units += step.units;
      }
      this.#save(range);
    }
    if (this.#pending.some(isDone)) this.#dropDone();
    return this.#pending.some(({ next, last }) => next <= last);
  }

  /** Removes the next messages of the pass that may be. Returns how many were looked at, and the units of their rows. */
  #removeNext(range: Pending, maxUnits: number): { readonly count: number; readonly units: number } {
    const { entries, peers, conversations } = this.#parts;
    const peer = peers.get(range.peer);
    const { target } = range;
    const step = target === undefined ? STEP : MAX_MESSAGES;
    const seqs = conversations().seqsBetween(peer, range.next, range.last, step);
    const wanted = target === undefined ? seqs : entries.related.versionsAmong(seqs, target);
    const includes = (entry: Head) => takes(range, entry);
    const how = { kind: "removed", includes, keepsSize: target !== undefined, firstNotesOf } as const;
    const replaced = entries.replace(wanted, how, maxUnits);
    if (replaced.count > 0) peers.entriesRemoved(peer);
    const isWhole = replaced.last >= (wanted.at(-1) ?? 0);
    const last = isWhole ? Math.max(replaced.last, seqs.at(-1) ?? 0) : replaced.last;
    range.next = isWhole && seqs.length < step ? Infinity : last + 1;
    const first = Math.min(range.waiting, range.next);
    range.isChanged ||= first > range.first;
    range.first = first;
    return { count: target === undefined ? replaced.count : seqs.length, units: replaced.units };
  }

  #save(range: Pending): void {
    const { id, peer, first, last, target } = range;
    const table = target === undefined ? "removal" : "retraction";
    if (isDone(range)) {
      if (id !== null) this.#sql.run(`DELETE FROM ${table} WHERE id = ?`, id);
    } else if (id === null) {
      if (target === undefined) {
        this.#sql.run(TABLE);
        this.#sql.run("INSERT INTO removal (peer, first, last, kind) VALUES (?, ?, ?, 'removed')", peer, first, last);
      } else {
        this.#sql.run(VERSIONS_TABLE);
        const insert = "INSERT INTO retraction (peer, first, last, target) VALUES (?, ?, ?, ?)";
        this.#sql.run(insert, peer, first, last, target);
      }
      range.id = this.#sql.row<{ id: number }>(`SELECT max(id) AS id FROM ${table}`)?.id ?? 0;
    } else if (range.isChanged) this.#sql.run(`UPDATE ${table} SET first = ? WHERE id = ?`, first, id);
    range.isChanged = false;
  }

  #add(range: Pending): void {
    this.#pending.push(range);
    if (range.target === undefined) this.#ranges.push(range);
    else this.#targets.add(range.target);
  }

  #dropDone(): void {
    const left = this.#pending.filter((range) => !isDone(range));
    [this.#pending, this.#ranges, this.#targets] = [[], [], new Set()];
    for (const range of left) this.#add(range);
  }
}

/** Whether the range is in a pass. One begins if more is settled than was in the last one. */
function isInPass(range: Pending, settledBefore: number): boolean {
  if (range.next <= range.last) {
    // A peer that was restored takes messages a second time.
    range.settledBefore = Math.min(range.settledBefore, settledBefore);
    return true;
  }
  if (settledBefore <= range.settledBefore) return false;
  range.next = range.first;
  range.waiting = Infinity;
  range.settledBefore = settledBefore;
  return true;
}

/** Whether the entry, which may be of another peer where retention has removed some, is removed now. */
function takes(range: Pending, { kind, peer, seq, re }: Head): boolean {
  if (peer !== range.peer || seq < range.first || seq > range.last) return false;
  if (range.target !== undefined && range.target !== (re?.is === "edit" ? re.to : seq)) return false;
  const isWaiting = isUnsettledWhenNew(kind) && seq >= range.settledBefore;
  if (isWaiting) range.waiting = Math.min(range.waiting, seq);
  return !isWaiting;
}

function isDone({ first, last }: Pending): boolean {
  return first > last;
}

/** The skipped range before a row is looked for in the first row behind it; all else is as of the end of the row. */
function firstNotesOf(notes: string): string | null {
  return textOf({ jumps: notesOf(notes).jumps ?? [] });
}
