// The tables that every mailbox has from its beginning, and the rows of the mailbox itself and of devices.
// docs/STORAGE.md says what each table is for and when it is written. There is no index: every index row is a row
// written.
import { RUN_TABLE } from "../../durable/log/run-tables.ts";

/** Written once, when a mailbox begins. */
export const TABLES = [
  `CREATE TABLE mailbox (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, base INTEGER NOT NULL, checkpoint INTEGER NOT NULL, trimmed INTEGER NOT NULL, raised INTEGER NOT NULL,
    receipts INTEGER NOT NULL, presence INTEGER NOT NULL, summary TEXT, kept INTEGER)`,
  RUN_TABLE,
  `CREATE TABLE peer (name TEXT PRIMARY KEY, epoch TEXT, began INTEGER NOT NULL, high INTEGER NOT NULL, refused INTEGER NOT NULL,
    reached INTEGER NOT NULL, stored INTEGER NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    mine INTEGER NOT NULL, unread INTEGER NOT NULL, mark INTEGER NOT NULL, owesDelivered INTEGER NOT NULL,
    owesRead INTEGER NOT NULL, last INTEGER NOT NULL, page TEXT NOT NULL, jumps TEXT, writes INTEGER) WITHOUT ROWID`,
  `CREATE TABLE page (peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seqs TEXT NOT NULL,
    PRIMARY KEY (peer, first)) WITHOUT ROWID`,
  `CREATE TABLE device (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, lastId INTEGER NOT NULL,
    delivered INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
] as const;

/**
 * Code that does not know the summary of the peers leaves `writes` as it is when it writes the row of a peer: then the
 * summary is removed. Code that maintains the summary counts `writes` up.
 */
export const SUMMARY_TRIGGERS = [
  `CREATE TRIGGER peer_insert AFTER INSERT ON peer WHEN NEW.writes IS NULL BEGIN
    UPDATE mailbox SET summary = NULL WHERE summary IS NOT NULL; END`,
  `CREATE TRIGGER peer_update AFTER UPDATE ON peer WHEN NEW.writes IS OLD.writes BEGIN
    UPDATE mailbox SET summary = NULL WHERE summary IS NOT NULL; END`,
] as const;

/** What tables of older code lack, added at a checkpoint. */
export const MAKE_SUMMARY = [
  "ALTER TABLE mailbox ADD COLUMN summary TEXT",
  "ALTER TABLE mailbox ADD COLUMN kept INTEGER",
  "ALTER TABLE peer ADD COLUMN writes INTEGER",
  ...SUMMARY_TRIGGERS,
] as const;

/** Columns that are added with their first values. */
export const LATER_COLUMNS = {
  receiptsSince: "ALTER TABLE mailbox ADD COLUMN receiptsSince INTEGER",
  displayName: "ALTER TABLE mailbox ADD COLUMN displayName TEXT",
} as const;

/** The version of these tables. Each mailbox has it; the format of all mailboxes is in storage-format.ts. */
export const STORAGE = 1;

/** The mailbox itself. */
export interface MailboxRow {
  readonly name: string;
  /** Names one numbering. A mailbox that begins anew has another epoch. */
  readonly epoch: string;
  /** Every seq of this epoch lies above it. */
  readonly base: number;
  /** Up to here every entry is settled, and `lastId` of a device is as its row says. */
  checkpoint: number;
  /** Retention removed the entries up to here; 0 if it never did. */
  trimmed: number;
  /** A seq that a device got before the mailbox was restored: the numbering continues above it. 0 if there was none. */
  raised: number;
  /** Whether the user sends and sees read receipts: 1 or 0. */
  receipts: number;
  /** Whether the user sends and sees presence: 1 or 0. */
  presence: number;
  /** The summary of the peers; null where it is unknown. See peer-summary.ts. */
  readonly summary: string | null;
  /** What the user has read up to here is not said to a peer that asks; absent or null: nothing is withheld. */
  receiptsSince?: number | null;
  /** What the user is called; empty: taken back; absent or null: never set. */
  displayName?: string | null;
  /** The number of entries to which retention has cut the log; null where it has not. */
  kept: number | null;
}

/**
 * The row, unless newer code gave the tables a version that this code does not know: then nothing of them is read or
 * written, and every call fails with this sentence in the log. Answers: a rollback that goes too far.
 */
export function readable(row: (MailboxRow & { readonly version: number }) | undefined): MailboxRow | undefined {
  if (row === undefined || row.version <= STORAGE) return row;
  throw new Error(
    `a newer version of the server wrote this mailbox: its tables have version ${row.version}, and this code reads ` +
      `${STORAGE}. Nothing was changed. Deploy the newer version again`,
  );
}

/** One installation of the user. */
export interface Device {
  readonly name: string;
  /** The seq up to which the device has the log. */
  cursor: number;
  /** The last id that was accepted from it. In memory it is exact; the row has it as of the checkpoint. */
  lastId: number;
  /** How far this device has advanced the mailbox's delivered watermark. */
  delivered: number;
  /** When its last connection ended, ms since 1970; 0 if none has. */
  seen: number;
}

/** The device that all plain sockets are. No v1 device can have this name. */
export const PLAIN_DEVICE = "*";

/** The device that a webhook is. No v1 device can have this name. */
export const WEBHOOK_DEVICE = "+";
