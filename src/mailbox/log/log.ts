// The log: entries in runs, numbers that only grow, and what a wake needs to know. This folder alone speaks SQL, and knows
// neither sockets nor calls. What changes more than once in a group is kept in memory and written once, by `seal`.
import { count } from "../../protocol/counters.ts";
import { AccountRows } from "./account-rows.ts";
import { ContactRows } from "./contact-rows.ts";
import { DeviceRows } from "./device-rows.ts";
import { EntryRows } from "./entry-rows.ts";
import { ConversationIndex } from "./conversation-index.ts";
import { type PeerRow, PeerRows } from "./peer-rows.ts";
import { type SkippedRange, SkippedRanges } from "./skipped-ranges.ts";
import { keepsAll, lastToGo, type Retention } from "./retention.ts";
import {
  ENTRY_VIEW,
  type Entry,
  type MailboxRow,
  MAKE_RUNS,
  MAKE_SUMMARY,
  reachedBy,
  type Sent,
  STORAGE,
  SUMMARY_TRIGGERS,
  TABLES,
} from "./schema.ts";
import { Sql } from "../../durable/log/sql.ts";
import { PeerSummary } from "./summary.ts";
import { type Exchanged, type UnsettledTo, readTail } from "./recover.ts";
import { bury, isErased } from "./tombstone.ts";

/** Rows of entries between two checkpoints: what a wake has to scan at most, while nothing is owed. */
const CHECKPOINT_EVERY = 512;
/** What an entry counts that goes on in a row: about as much as it adds to the scan. */
const RUN_WEIGHT = 1 / 16;

export class Log {
  /** Whether this mailbox was erased: it is nobody's for good. */
  readonly erased: boolean;
  readonly sql: Sql;
  readonly #retention: Retention;
  #life: MailboxRow | null = null;
  #head = 0;
  #woke = false;
  #jumps: SkippedRanges;
  #summary: PeerSummary;
  #sinceCheckpoint = 0;
  #trimDue = false;
  #owed: ReadonlyMap<string, UnsettledTo> = new Map();
  entries: EntryRows;
  conversations: ConversationIndex;
  peers: PeerRows;
  devices: DeviceRows;
  readonly account: AccountRows;
  readonly contacts: ContactRows;

  constructor(storage: SqlStorage, retention: Retention = { entries: null, age: null }) {
    this.sql = new Sql(storage);
    this.#retention = retention;
    this.erased = isErased(this.sql);
    this.entries = new EntryRows(this.sql, 0);
    this.conversations = new ConversationIndex(this.sql, this.entries, 0);
    this.account = new AccountRows(this.sql);
    this.contacts = new ContactRows(this.sql);
    this.#jumps = new SkippedRanges(this.sql);
    this.#summary = new PeerSummary(this.sql, this.#jumps, true);
    this.peers = new PeerRows(this.sql, 0, this.#jumps, () => this.#next(), this.#summary);
    this.devices = new DeviceRows(this.sql, 0);
    if (this.sql.row("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'") !== undefined) this.#wake();
  }

  /** Null until somebody opens or writes to the mailbox. */
  get row(): MailboxRow | null {
    return this.#life;
  }

  /** The highest seq given. */
  get head(): number {
    return this.#head;
  }

  /** Entries accepted before this wake and not yet settled, by receiver. To be taken once. */
  takeUnsettled(): ReadonlyMap<string, UnsettledTo> {
    const owed = this.#owed;
    this.#owed = new Map();
    return owed;
  }

  /** Begins the mailbox, if it has not begun yet. */
  ensureCreated(name: string): MailboxRow {
    if (this.#life !== null) return this.#life;
    for (const made of [...TABLES, ...ENTRY_VIEW, ...SUMMARY_TRIGGERS]) this.sql.run(made);
    const base = Date.now() * 1_000;
    const numbers = { base, checkpoint: base, trimmed: 0, raised: 0, receipts: 1, presence: 1, kept: null };
    const summary = this.#summary.begin(base);
    const life = { name, epoch: randomEpoch(), ...numbers, summary };
    const columns = "one, version, name, epoch, base, checkpoint, trimmed, raised, receipts, presence, summary";
    const values = "1, ?, ?, ?, ?, ?, 0, 0, 1, 1, ?";
    this.sql.run(`INSERT INTO mailbox (${columns}) VALUES (${values})`, STORAGE, name, life.epoch, base, base, summary);
    this.#begin(life, base);
    return life;
  }

  /** Writes one entry, gives it the next seq, and adds it to the conversation. */
  append({ kind, peer, origin, device, id, at, body }: Omit<Entry, "seq" | "failed">): Entry {
    const seq = this.#next();
    // Field by field: a spread costs more than all the rest here.
    const row = { seq, kind, peer, origin, device, id, at, failed: null, body };
    if (kind !== "peer" && kind !== "notice") {
      const other = this.peers.get(peer);
      const known = other.last > 0;
      if (kind !== "failed") this.conversations.add(other, seq);
      // What is sent or received stands in the tail; the row follows some time after the reply, or with what else changes in it.
      if (kind === "in" && known) this.peers.changedByEntry(other);
      else if (kind !== "out") this.peers.changed(other);
    }
    const begins = this.entries.add(row);
    // What retention takes is looked for at a checkpoint, and it counts entries.
    this.#sinceCheckpoint += begins || !keepsAll(this.#retention) ? 1 : RUN_WEIGHT;
    return row;
  }

  /** An `out` entry was finally refused: an entry of its own, which every device sees, and a word in the old one. */
  fail(sent: Sent, code: string): void {
    count("failed", code);
    this.entries.fail(sent.seq, code);
    const speaks = { kind: "failed", peer: sent.peer, origin: sent.seq, device: null, id: null } as const;
    this.append({ ...speaks, at: Date.now(), body: code });
  }

  /** Sees to it that whatever comes next lies above `seq`, also after a wake: a device has seen that number. */
  raise(seq: number): void {
    if (seq <= this.#head || this.#life === null) return;
    this.#jumps.add(this.#head, seq);
    this.#head = seq;
    this.sql.run("UPDATE mailbox SET raised = ?", seq);
  }

  /** Where the numbering jumped over `seq`, which was given before the mailbox was set back; null if it is one of its own. */
  skippedRangeOf(seq: number): SkippedRange | null {
    return this.#jumps.rangeContaining(seq);
  }

  /** From `seq` on, entries may be owed again: a wake looks there too. */
  reopen(seq: number): void {
    if (this.#life === null || seq >= this.#life.checkpoint) return;
    this.#life.checkpoint = seq;
    this.sql.run("UPDATE mailbox SET checkpoint = ?", seq);
  }

  /** Everything gone, but for the word that this name was somebody's. To be done in a transaction of its own. */
  erase(): void {
    bury(this.sql);
  }

  /** Switches receipts or presence on or off. */
  set(change: Partial<Pick<MailboxRow, "receipts" | "presence">>): void {
    if (this.#life === null) return;
    Object.assign(this.#life, change);
    this.sql.run("UPDATE mailbox SET receipts = ?, presence = ?", this.#life.receipts, this.#life.presence);
  }

  /** Writes what changed since the last time, once per row. `firstOwed`: the oldest entry that a lane still owes. */
  flush(firstOwed: () => number | null): void {
    if (this.#sinceCheckpoint >= CHECKPOINT_EVERY) {
      this.#checkpoint(firstOwed());
      this.#trimDue = true;
    }
    this.#write();
  }

  #write(): void {
    this.entries.flush();
    for (const peer of this.conversations.flush()) this.peers.changed(peer);
    this.peers.flush();
    this.devices.flush();
  }

  /**
   * Trims where a checkpoint has passed since the last time, or something has become too old: after the sockets were told of what is new,
   * so that nobody who is there misses it, and before somebody comes.
   */
  trimIfDue(firstOwed: () => number | null): void {
    const { age } = this.#retention;
    if (this.#trimDue) this.trim(firstOwed);
    else if (age !== null) this.#trimTo(lastToGo(this.sql, { entries: null, age }), firstOwed);
  }

  /** Takes away what retention does not keep; never what is still owed. */
  trim(firstOwed: () => number | null): void {
    const { entries } = this.#retention;
    if (this.#life === null || keepsAll(this.#retention)) return;
    this.#trimDue = false;
    this.entries.flush();
    this.#trimTo(lastToGo(this.sql, this.#retention), firstOwed);
    if (this.#life.kept === entries || !this.#summary.exists) return;
    this.#life.kept = entries;
    this.sql.run("UPDATE mailbox SET kept = ?", entries);
  }

  #trimTo(wanted: number, firstOwed: () => number | null): void {
    const life = this.#life;
    if (life === null || wanted <= life.trimmed) return;
    const last = this.entries.cutUpTo(Math.min(wanted, (firstOwed() ?? Infinity) - 1));
    if (last <= life.trimmed) return;
    // What the tail would have told is said by the rows from now on.
    if (last > life.checkpoint) this.#checkpoint(firstOwed());
    this.entries.trim(last);
    this.conversations.trim(last);
    life.trimmed = last;
    this.sql.run("UPDATE mailbox SET trimmed = ?", last);
    this.#write();
  }

  #checkpoint(firstOwed: number | null): void {
    if (this.#life === null) return;
    this.#sinceCheckpoint = 0;
    const settled = firstOwed === null ? this.#head : firstOwed - 1;
    if (settled <= this.#life.checkpoint) return;
    if (!this.#summary.exists) for (const made of MAKE_SUMMARY) this.sql.run(made);
    this.#summary.exists = true;
    this.#life.checkpoint = settled;
    this.peers.checkpoint(settled);
    this.devices.checkpoint();
  }

  /** Reads what the mailbox knew before it slept: its devices, and from the tail of the log `lastId` and what is owed. */
  #wake(): void {
    const life = this.sql.row<MailboxRow>("SELECT * FROM mailbox");
    if (life === undefined) return;
    const runs = this.sql.row("SELECT 1 FROM sqlite_master WHERE name = 'run'") !== undefined;
    if (!runs) for (const made of [...MAKE_RUNS, ...ENTRY_VIEW]) this.sql.run(made);
    const summary = new PeerSummary(this.sql, this.#jumps, Object.hasOwn(life, "summary"));
    this.#summary = summary;
    const peers = summary.load<PeerRow>(life.summary ?? null, life.checkpoint);
    const last = this.sql.row<{ seq: number | null }>("SELECT max(seq) AS seq FROM run")?.seq ?? 0;
    this.#begin(life, Math.max(life.base, life.trimmed, last), peers);
    this.devices.load();
    this.account.load();
    const reached = (name: string) => reachedBy(this.peers.get(name));
    const rewound = new Set<string>();
    const tail = readTail(this.entries.headsAfter(life.checkpoint), reached, (entry) => this.#catchUp(entry, rewound));
    // A mark may lie above all entries: its peer is known by now.
    const head = Math.max(this.#head, this.peers.marked);
    this.#jumps.add(head, life.raised);
    this.#head = Math.max(head, life.raised);
    this.peers.startAt(this.#head);
    for (const [device, id] of tail.ids) this.devices.accepted(device, id);
    this.#owed = tail.owed;
    // As if each were a row: the next checkpoint only comes sooner.
    this.#sinceCheckpoint = tail.entries;
    this.#trimDue = (life.kept ?? null) !== this.#retention.entries;
  }

  /** What an entry of the tail tells of its peer, whose row may be behind it. */
  #catchUp({ seq, peer: name, origin }: Exchanged, rewound: Set<string>): void {
    const peer = this.peers.get(name);
    this.peers.exchanged(peer);
    if (seq <= peer.last) return;
    if (!rewound.has(name)) this.conversations.dropPagesAfter(peer);
    rewound.add(name);
    this.conversations.add(peer, seq);
    peer.high = Math.max(peer.high, origin ?? 0);
    peer.unread += origin === null ? 0 : 1;
    this.peers.changedByEntry(peer);
  }

  #begin(life: MailboxRow, head: number, peers: readonly PeerRow[] = []): void {
    this.#life = life;
    this.#head = head;
    this.entries = new EntryRows(this.sql, head);
    this.conversations = new ConversationIndex(this.sql, this.entries, life.trimmed);
    this.peers = new PeerRows(this.sql, head, this.#jumps, () => this.#next(), this.#summary, peers);
    this.devices = new DeviceRows(this.sql, life.base);
  }

  /** Never given twice, not even by a mailbox set back to an older copy of its file: the first one after a wake is beyond the clock. */
  #next(): number {
    if (!this.#woke) {
      const before = this.#head;
      this.#head = Math.max(before, Date.now() * 1_000);
      this.#jumps.add(before, this.#head);
    }
    this.#woke = true;
    return ++this.#head;
  }
}

function randomEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
