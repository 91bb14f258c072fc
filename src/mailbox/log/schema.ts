// The tables, and the rows as the code knows them. docs/STORAGE.md tells what each is for and when it is written.
// No index anywhere: every index row is a row written.
import type { SeqRanges } from "../../durable/log/seq-ranges.ts";

/** Written once, when a mailbox begins. */
export const TABLES = [
  `CREATE TABLE mailbox (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, base INTEGER NOT NULL, checkpoint INTEGER NOT NULL, trimmed INTEGER NOT NULL, raised INTEGER NOT NULL,
    receipts INTEGER NOT NULL, presence INTEGER NOT NULL, summary TEXT, kept INTEGER)`,
  `CREATE TABLE run (seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, kind TEXT NOT NULL, peer TEXT NOT NULL, origin INTEGER, device TEXT,
    id INTEGER, at INTEGER NOT NULL, failed TEXT, body TEXT NOT NULL)`,
  `CREATE TABLE peer (name TEXT PRIMARY KEY, epoch TEXT, began INTEGER NOT NULL, high INTEGER NOT NULL, refused INTEGER NOT NULL,
    reached INTEGER NOT NULL, stored INTEGER NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    mine INTEGER NOT NULL, unread INTEGER NOT NULL, mark INTEGER NOT NULL, owesDelivered INTEGER NOT NULL,
    owesRead INTEGER NOT NULL, last INTEGER NOT NULL, page TEXT NOT NULL, jumps TEXT, writes INTEGER) WITHOUT ROWID`,
  `CREATE TABLE page (peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seqs TEXT NOT NULL,
    PRIMARY KEY (peer, first)) WITHOUT ROWID`,
  `CREATE TABLE device (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, lastId INTEGER NOT NULL,
    delivered INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
] as const;

/** The runs entry by entry, as the table of that name had them before there were runs: for code that a rollback brings back, and for operators. `run` is the row's key. */
export const ENTRY_VIEW = [
  `CREATE VIEW entry AS SELECT run.seq - run.count + 1 + part.key AS seq, run.kind, run.peer, run.origin - run.count + 1 + part.key AS origin,
    run.device, run.id - run.count + 1 + part.key AS id, run.at, CASE run.count WHEN 1 THEN run.failed
    ELSE json_extract(run.failed, '$."' || (run.seq - run.count + 1 + part.key) || '"') END AS failed, part.value AS body, run.seq AS run
    FROM run, json_each('["' || replace(replace(replace(run.body, '\\', '\\\\'), '"', '\\"'), char(30), '","') || '"]') AS part`,
  `CREATE TRIGGER entry_insert INSTEAD OF INSERT ON entry BEGIN
    INSERT INTO run (seq, count, kind, peer, origin, device, id, at, failed, body)
    VALUES (NEW.seq, 1, NEW.kind, NEW.peer, NEW.origin, NEW.device, NEW.id, NEW.at, NEW.failed, NEW.body); END`,
  `CREATE TRIGGER entry_update INSTEAD OF UPDATE ON entry BEGIN UPDATE run SET failed =
    CASE count WHEN 1 THEN NEW.failed ELSE json_set(coalesce(failed, '{}'), '$."' || OLD.seq || '"', NEW.failed) END
    WHERE seq = OLD.run; END`,
  `CREATE TRIGGER entry_delete INSTEAD OF DELETE ON entry WHEN OLD.seq = OLD.run BEGIN DELETE FROM run WHERE seq = OLD.run; END`,
] as const;

/** The table as it was before there were runs becomes one of runs of one. */
export const MAKE_RUNS = [
  "ALTER TABLE entry RENAME TO run",
  "ALTER TABLE run ADD COLUMN count INTEGER NOT NULL DEFAULT 1",
] as const;

/**
 * Code that knows nothing of the summary of the peers, and writes a row of theirs, leaves `writes` as it is: then there is no summary any
 * more. Whoever keeps it counts `writes` up.
 */
export const SUMMARY_TRIGGERS = [
  `CREATE TRIGGER peer_insert AFTER INSERT ON peer WHEN NEW.writes IS NULL BEGIN
    UPDATE mailbox SET summary = NULL WHERE summary IS NOT NULL; END`,
  `CREATE TRIGGER peer_update AFTER UPDATE ON peer WHEN NEW.writes IS OLD.writes BEGIN
    UPDATE mailbox SET summary = NULL WHERE summary IS NOT NULL; END`,
] as const;

/** What tables of before lack, made at a checkpoint. */
export const MAKE_SUMMARY = [
  "ALTER TABLE mailbox ADD COLUMN summary TEXT",
  "ALTER TABLE mailbox ADD COLUMN kept INTEGER",
  "ALTER TABLE peer ADD COLUMN writes INTEGER",
  ...SUMMARY_TRIGGERS,
] as const;

/** The version of these tables. */
export const STORAGE = 1;

/** The mailbox itself. */
export interface MailboxRow {
  readonly name: string;
  /** One life of the numbering; another life has another epoch. */
  readonly epoch: string;
  /** Every seq of this life is above it. */
  readonly base: number;
  /** Up to here every entry is settled, and the devices' `lastId` are as their rows say. */
  checkpoint: number;
  /** Up to here retention took entries away; 0 if it never did. */
  trimmed: number;
  /** A number that a device has seen of a mailbox that was set back since: seqs go on above it. 0 if there was none. */
  raised: number;
  /** Whether the user lets others know what was read, and sees it of others: 1 or 0. */
  receipts: number;
  /** Whether the user lets others know when they are online, and sees it of others: 1 or 0. */
  presence: number;
  /** What a wake has to know of the peers without reading all of them; null where that is unknown. See summary.ts. */
  readonly summary: string | null;
  /** To how many entries retention has cut the log; null where it has not. */
  kept: number | null;
}

/** in: from a peer. out: to a peer. self: to oneself. failed: an `out` entry (`origin` is its seq) that the peer finally refused; body is the code. peer: how the user stands to the peer from here on; body is the standing. notice: the server tells the user something; body is its code. */
export type Kind = "in" | "out" | "self" | "failed" | "peer" | "notice";

/** One entry of the log. `body` is JSON text. */
export interface Entry {
  readonly seq: number;
  readonly kind: Kind;
  readonly peer: string;
  /** The author's seq of an `in` entry; the seq of the entry that a `failed` one speaks of. */
  readonly origin: number | null;
  readonly device: string | null;
  readonly id: number | null;
  readonly at: number;
  /** The code with which the peer finally refused an `out` entry. */
  readonly failed: string | null;
  readonly body: string;
}

/** Whether `next` comes right after `entry`, and differs from it only by its body and by what counts up. */
export function continuesRun(entry: Entry, next: Entry): boolean {
  return (
    next.seq === entry.seq + 1 &&
    next.kind === entry.kind &&
    next.peer === entry.peer &&
    next.at === entry.at &&
    next.device === entry.device &&
    next.id === (entry.id === null ? null : entry.id + 1) &&
    next.origin === (entry.origin === null ? null : entry.origin + 1)
  );
}

/** An entry that was sent, without its body. */
export interface Sent {
  readonly seq: number;
  readonly peer: string;
  readonly at: number;
}

/** What of one's messages the peer has, and what one has read: the highest seq of each, in one's own numbering. They only grow. */
export interface Marks {
  /** The peer's mailbox has it. */
  stored: number;
  /** A device of the peer's has it. */
  delivered: number;
  /** The peer has read it. */
  read: number;
  /** The user has read it. */
  mine: number;
}

/** Somebody one exchanges messages with. */
export interface Peer extends Marks {
  readonly name: string;
  /** The peer's life that the numbers speak of; null before the first exchange. */
  epoch: string | null;
  /** The own head when this life was first heard of; 0 for the first one. What lies before is not this life's business. */
  began: number;
  /** The highest origin taken from the peer. In the row as of the checkpoint at least; the tail of the log tells the rest. */
  high: number;
  /** The highest origin that was refused: only at or below it does a repeated origin need a look into the log. */
  refused: number;
  /** The highest own seq that the peer's present life has. */
  reached: number;
  /** Entries of the peer's that the user has not read. */
  unread: number;
  /** The seq of the last change of a mark. */
  mark: number;
  /** Receipts that the peer may not have heard of yet, in the peer's numbering; 0 for none. */
  owesDelivered: number;
  owesRead: number;
  /** The newest entry of the conversation; 0 for none. */
  last: number;
  /** The seqs of the newest entries of the conversation that are in no page yet. Text in the row. */
  page: SeqRanges;
}

/** Up to here the peer's present life has what was sent, or it is not meant for it. */
export function reachedBy({ reached, began }: Peer): number {
  return Math.max(reached, began);
}

/** One installation of the user's. */
export interface Device {
  readonly name: string;
  /** What it holds. */
  cursor: number;
  /** The last id taken from it; as of the checkpoint in its row, exact in memory. */
  lastId: number;
  /** How far this device has carried the point up to which everything was delivered to some device. */
  delivered: number;
  /** When its last connection ended, ms since 1970; 0 if none has. */
  seen: number;
}

/** The device that all plain sockets are. No v1 device can have this name. */
export const PLAIN_DEVICE = "*";

/** The device that a webhook is. No v1 device can have this name. */
export const WEBHOOK_DEVICE = "+";
