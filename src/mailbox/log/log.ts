// The log of a mailbox: it numbers entries, appends them, and restores its state after a wake. This folder and
// src/durable/log alone speak SQL, and know neither sockets nor calls. Rows that change more than once in a commit are
// in memory, and `flush` writes them once. No part is ever replaced, so callers may hold one.
import { countLabelled } from "../../protocol/counters.ts";
import type { Entry, NewEntry, SentEntry } from "../../durable/log/entry.ts";
import { EntryRows } from "../../durable/log/entry-rows.ts";
import { belongsToConversation, isRefusal, isUnsettledWhenNew } from "../../durable/log/kinds.ts";
import { Numbering, randomEpoch } from "../../durable/log/numbering.ts";
import { ENTRY_VIEW, MAKE_RUNS } from "../../durable/log/run-tables.ts";
import { Sql } from "../../durable/log/sql.ts";
import { AccountRows } from "./accounts/account-rows.ts";
import { Checkpoints } from "./checkpoints.ts";
import { DeviceRows } from "./device-rows.ts";
import type { LogParts, OldestUnsettled } from "./log-parts.ts";
import { ContactRows } from "./peers/contact-rows.ts";
import { ConversationIndex } from "./peers/conversation-index.ts";
import { EarlyMarks, type MarkHolder, NO_HOLDER } from "./peers/early-marks.ts";
import { PeerRows } from "./peers/peer-rows.ts";
import { PeerSummary } from "./peers/peer-summary.ts";
import { type SkippedRange, SkippedRanges } from "./peers/skipped-ranges.ts";
import { Removals } from "./removals.ts";
import { readTail, type Tail, type UnsettledTo } from "./recover.ts";
import { keepsAll, type Retention } from "./retention.ts";
import { EARLY_ALONE, notesOf, textOf } from "./run-notes.ts";
import { LATER_COLUMNS, type MailboxRow, readable, STORAGE, SUMMARY_TRIGGERS, TABLES } from "./schema.ts";
import { eraseTables, isErased } from "./tombstone.ts";
import { LogTrimmer } from "./trim-log.ts";

/** Two messages within this time are of one exchange. */
const EXCHANGE_MS = 120_000;
/** Peers that are asked for lost marks. Answers: a crash of a mailbox with very many conversations. */
const MAX_LOST = 64;

export class Log {
  /** Whether this mailbox was erased: it can't begin again. */
  readonly isErased: boolean;
  readonly sql: Sql;
  readonly entries: EntryRows;
  readonly conversations: ConversationIndex;
  readonly peers: PeerRows;
  readonly devices: DeviceRows;
  readonly account: AccountRows;
  readonly contacts: ContactRows;
  readonly removals: Removals;
  readonly #parts: LogParts;
  readonly #numbering: Numbering;
  readonly #skipped: SkippedRanges;
  readonly #checkpoints: Checkpoints;
  readonly #trimmer: LogTrimmer;
  readonly #retention: Retention;
  #row: MailboxRow | null = null;
  #unsettled: ReadonlyMap<string, UnsettledTo> = new Map();
  readonly #holder: MarkHolder;

  constructor(
    storage: SqlStorage,
    retention: Retention = { entries: null, age: null },
    holder: MarkHolder = NO_HOLDER,
  ) {
    this.sql = new Sql(storage);
    this.#retention = retention;
    this.#holder = holder;
    this.isErased = isErased(this.sql);
    this.#skipped = new SkippedRanges(this.sql, (seq) => notesOf(this.entries.notesFrom(seq)).jumps ?? []);
    this.#numbering = new Numbering((before, last) => this.#skipped.add(before, last));
    const summary = new PeerSummary(this.sql, this.#skipped);
    const early = new EarlyMarks(holder, () => this.devices.lastSeen);
    this.entries = new EntryRows(this.sql, (first, endsCommit) => this.#notesFor(first, endsCommit));
    this.peers = new PeerRows(this.sql, this.#skipped, summary, () => this.#numbering.next(), early);
    this.devices = new DeviceRows(this.sql);
    this.account = new AccountRows(this.sql);
    this.contacts = new ContactRows(this.sql);
    const { sql, entries, peers, devices, contacts } = this;
    this.removals = new Removals(sql, { entries, peers, contacts, conversations: () => this.conversations });
    const conversations = (this.conversations = new ConversationIndex(sql, entries, this.removals));
    this.#parts = { sql, entries, conversations, peers, devices, summary };
    this.#checkpoints = new Checkpoints(this.#parts, !keepsAll(retention));
    this.#trimmer = new LogTrimmer(this.#parts, this.#checkpoints, retention, {
      head: () => this.head,
      flush: () => this.#writeRows(),
    });
    if (this.sql.row("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'") !== undefined) this.#wake();
  }

  /** Null until a device opens the mailbox or a peer writes to it. */
  get row(): MailboxRow | null {
    return this.#row;
  }

  /** The highest seq that was given. */
  get head(): number {
    return this.#numbering.head;
  }

  /** Messages accepted before this wake and not settled yet, by receiver. To be taken once. */
  takeUnsettled(): ReadonlyMap<string, UnsettledTo> {
    const unsettled = this.#unsettled;
    this.#unsettled = new Map();
    return unsettled;
  }

  /**
   * A peer whose marks a crash may have lost has replied. With the last of them the log shows no crash any more: some
   * device was connected until the newest run.
   */
  foundLostMarks(peer: string): void {
    const { lost, notedAt } = this.peers.early;
    if (!lost.delete(peer) || lost.size > 0) return;
    this.devices.seenUntil(notedAt);
  }

  /** Whether the newest two rows are of one exchange: then another row will soon come. */
  get isExchanging(): boolean {
    const [newest = 0, before = 0] = this.entries.newestTimes;
    return newest - before < EXCHANGE_MS;
  }

  /** Begins the mailbox, if it has not begun yet. */
  ensureCreated(name: string): MailboxRow {
    if (this.#row !== null) return this.#row;
    for (const statement of [...TABLES, ...ENTRY_VIEW, ...SUMMARY_TRIGGERS]) this.sql.run(statement);
    const base = Date.now() * 1_000;
    const numbers = { base, checkpoint: base, trimmed: 0, raised: 0, receipts: 1, presence: 1, kept: null };
    const summary = this.#parts.summary.begin(base);
    const row = { name, epoch: randomEpoch(), ...numbers, summary };
    const columns = "one, version, name, epoch, base, checkpoint, trimmed, raised, receipts, presence, summary";
    const values = "1, ?, ?, ?, ?, ?, 0, 0, 1, 1, ?";
    this.sql.run(`INSERT INTO mailbox (${columns}) VALUES (${values})`, STORAGE, name, row.epoch, base, base, summary);
    this.#startAt(row, base);
    this.peers.startAt(base);
    this.#checkpoints.startAt(row, 0);
    this.#trimmer.startAt(row, false);
    return row;
  }

  /** Appends one entry with the next seq, and adds it to its conversation. */
  append({ kind, peer, origin, device, id, at, body, re }: NewEntry): Entry {
    const seq = this.#numbering.next();
    // Field by field: a spread costs more than the rest of this function.
    const plain = { seq, kind, peer, origin, device, id, at, failed: null, body };
    const entry: Entry = re === undefined ? plain : { ...plain, re };
    if (belongsToConversation(kind)) this.#addToConversation(entry);
    else if (isRefusal(kind)) this.peers.changed(this.peers.get(peer));
    this.#checkpoints.count(this.entries.add(entry));
    return entry;
  }

  #addToConversation({ seq, kind, peer: name }: Entry): void {
    const peer = this.peers.get(name);
    const isNew = peer.lastSeq === 0;
    this.conversations.add(peer, seq);
    // The row of a receiver is written when the message is settled.
    if (isUnsettledWhenNew(kind)) return;
    this.peers.changed(peer, isNew ? "commit" : "checkpoint");
  }

  /** An `out` entry was finally refused: its row gets the code, and an entry of its own goes to every device. */
  fail(sent: SentEntry, code: string): void {
    countLabelled("failed", code);
    this.entries.fail(sent.seq, code);
    const refusal = { kind: "failed", peer: sent.peer, origin: sent.seq, device: null, id: null } as const;
    this.append({ ...refusal, at: Date.now(), body: code });
  }

  /** Every later seq lies above `seq`, also after a wake: a device has this number. */
  raise(seq: number): void {
    if (seq <= this.head || this.#row === null) return;
    this.#numbering.skipTo(seq);
    this.sql.run("UPDATE mailbox SET raised = ?", seq);
  }

  /**
   * The skipped range that contains `seq`, which was given before the mailbox was restored; null if this mailbox gave
   * it.
   */
  skippedRangeOf(seq: number): SkippedRange | null {
    return this.#skipped.rangeContaining(seq);
  }

  /** Entries from `seq` on may be unsettled again: a wake has to read them too. */
  reopen(seq: number): void {
    this.#checkpoints.reopen(seq);
  }

  /** Removes everything but a tombstone for the name. To be done in a transaction of its own. */
  erase(): void {
    eraseTables(this.sql);
  }

  /** Switches receipts or presence on or off. */
  set(change: Partial<Pick<MailboxRow, "receipts" | "presence">>): void {
    if (this.#row === null) return;
    if (change.receipts === 1 && this.#row.receipts === 0) this.withholdReads();
    Object.assign(this.#row, change);
    this.sql.run("UPDATE mailbox SET receipts = ?, presence = ?", this.#row.receipts, this.#row.presence);
  }

  /** From now on no peer is said what the user has read before, unless the user reads more. */
  withholdReads(): void {
    this.setLater("receiptsSince", this.head);
  }

  /** Sets a column that is added with its first value. */
  setLater(column: keyof typeof LATER_COLUMNS, value: string | number): void {
    if (this.#row === null) return;
    if (this.#row[column] === undefined) this.sql.run(LATER_COLUMNS[column]);
    Object.assign(this.#row, { [column]: value });
    this.sql.run(`UPDATE mailbox SET ${column} = ?`, value);
  }

  /** Ends a commit: writes the rows that changed since the last one, once each. */
  flush(oldestUnsettled: OldestUnsettled): void {
    if (this.#checkpoints.isDue) {
      this.#checkpoints.advance(this.head, oldestUnsettled());
      this.#trimmer.schedule();
    }
    this.#writeRows();
  }

  #writeRows(): void {
    for (const peer of this.conversations.flush()) this.peers.paged(peer, this.entries.hasOpenRun);
    this.entries.flush(true);
    this.peers.flush();
    this.devices.flush();
  }

  /** What the run that begins with `first` is written with. */
  #notesFor(first: number, endsCommit: boolean): string | null {
    const jumps = this.#skipped.takeBefore(first);
    const peers = endsCommit ? this.peers.takeNotes() : [];
    const early = this.peers.early.noteRun(Date.now());
    return textOf({ jumps, peers, ...(early > 0 && { early }) });
  }

  /**
   * Trims the log if a checkpoint has passed since the last time, or an entry is too old. To be done after new entries
   * were sent to the sockets, so that connected devices miss none, and before a device connects.
   */
  trimIfDue(oldestUnsettled: OldestUnsettled): void {
    this.#trimmer.trimIfDue(oldestUnsettled);
  }

  /** Removes entries that retention does not keep; never an unsettled message. */
  trim(oldestUnsettled: OldestUnsettled): void {
    this.#trimmer.trim(oldestUnsettled);
  }

  /** Restores the state of the last instance from rows, and from the tail of the log. */
  #wake(): void {
    const row = readable(this.sql.row("SELECT * FROM mailbox"));
    if (row === undefined) return;
    const hasRuns = this.sql.row("SELECT 1 FROM sqlite_master WHERE name = 'run'") !== undefined;
    if (!hasRuns) for (const statement of [...MAKE_RUNS, ...ENTRY_VIEW]) this.sql.run(statement);
    this.peers.load(row.summary, row.checkpoint);
    const last = this.sql.row<{ seq: number | null }>("SELECT max(seq) AS seq FROM run")?.seq ?? 0;
    this.#startAt(row, Math.max(row.base, row.trimmed, last));
    this.devices.load();
    this.account.load();
    const tail = this.#readTail(row.checkpoint);
    for (const [device, id] of tail.ids) this.devices.accepted(device, id);
    this.#unsettled = tail.unsettled;
    this.peers.restoreEarly((peer) => this.conversations.unread(peer, peer.readByMe));
    this.peers.early.notedAt = notesOf(this.entries.notesFrom(last)).early ?? 0;
    for (const name of this.#findLostMarks(tail)) this.peers.early.lost.add(name);
    this.#skipped.startAt(last);
    // A mark may lie above all entries: after the tail was read its peer is known.
    this.#numbering.startAt(Math.max(this.head, this.peers.marked));
    this.#numbering.skipTo(row.raised);
    this.peers.startAt(this.head);
    // Counted as if each were a row: the next checkpoint only comes sooner.
    this.#checkpoints.startAt(row, tail.entries);
    this.#trimmer.startAt(row, (row.kept ?? null) !== this.#retention.entries);
  }

  #readTail(checkpoint: number): Tail {
    const notes = [...this.entries.notesAfter(checkpoint, EARLY_ALONE)];
    const noted = new Map(notes.map(({ seq, notes: text }) => [seq, notesOf(text).peers ?? []]));
    const known = { noted, held: this.#holder.restored };
    return readTail(this.entries.headsAfter(checkpoint), known, this.peers, this.conversations);
  }

  /**
   * The receivers of messages that seem unread, if early marks may have been sent and the instance ended with its
   * sockets: a crash.
   */
  #findLostMarks({ sent }: Tail): readonly string[] {
    if (!this.peers.early.hasLost) return [];
    const unread = this.peers.named.filter(({ name, stored, read }) => Math.max(stored, sent.get(name) ?? 0) > read);
    const latest = unread.toSorted((a, b) => b.lastSeq - a.lastSeq).slice(0, MAX_LOST);
    return latest.map(({ name }) => name);
  }

  #startAt(row: MailboxRow, head: number): void {
    this.#row = row;
    this.#numbering.startAt(head);
    this.entries.startAt(head);
    this.conversations.startAt(row.trimmed);
    this.devices.startAt(row.base);
  }
}
