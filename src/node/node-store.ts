// The entry point `restante/node`: a store in one SQLite file, for bots and backends on Node.js. It knows when what is
// written and by which process; the records are in records.ts.
import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Arrival, Commit, Kept, Piece, Position, Store, Written } from "../client/store.ts";
import { Records } from "./records.ts";
import { emptyLog, openDatabase, sqlite, transaction } from "./schema.ts";

/** Messages that a store has, by default. Answers: a bot whose disk fills up over the years. */
const MAX_MESSAGES = 100_000;

/** What makes a store other than the default. */
export interface NodeStoreOptions {
  /**
   * The latest messages that stay in the file, about; 100,000 by default. Older ones are read from the mailbox again.
   * Messages that an iteration has not taken stay, however many.
   */
  readonly maxMessages?: number;
}

/**
 * A store in an SQLite file (Node.js 22.13, 23.4 or newer), which is made where there is none: one file for one device, which
 * one process has open at a time. When a write resolves it is on the disk (fsync). Throws where there is no
 * `node:sqlite`.
 */
export function nodeStore(file: string, { maxMessages = MAX_MESSAGES }: NodeStoreOptions = {}): Store {
  sqlite();
  return new NodeStore(file, maxMessages);
}

interface Opened {
  readonly db: DatabaseSync;
  readonly records: Records;
}

class NodeStore implements Store {
  readonly lasting = true;
  readonly #file: string;
  readonly #maxMessages: number;
  #open: Opened | null = null;
  /** Why it can't be opened: what is read or written says it again. */
  #failure: unknown = null;

  constructor(file: string, maxMessages: number) {
    this.#file = file;
    this.#maxMessages = maxMessages;
  }

  async open(name: string, first: Position): Promise<Kept> {
    this.#failure = null;
    try {
      const opened = (this.#open ??= this.#openFile());
      return transaction(opened.db, () => {
        const known = opened.records.about("name");
        if (known === undefined) opened.records.setAbout("name", name);
        else if (known !== name) throw new Error(`${this.#file} is the store of "${known}", not of "${name}".`);
        return opened.records.kept(first);
      });
    } catch (error) {
      await this.close();
      this.#failure = error;
      throw error;
    }
  }

  /** The transaction waits for this turn of the event loop: what is written in it has one fsync. */
  async write(commit: Commit): Promise<void> {
    await new Promise<void>((done) => setImmediate(done));
    const { db, records } = this.#opened;
    transaction(db, () => records.apply(commit));
    if (commit.removed !== undefined && commit.removed.length > 0) emptyLog(db);
  }

  async piece(peer: string, before: number, limit: number): Promise<Piece> {
    return this.#opened.records.piece(peer, before, limit);
  }

  async arrivals(after: number | null, limit: number): Promise<readonly Arrival[]> {
    return this.#opened.records.arrivals(after, limit);
  }

  async written(sendKey: string): Promise<Written | undefined> {
    return this.#opened.records.written(sendKey);
  }

  async close(forget = false): Promise<void> {
    this.#open?.db.close();
    this.#open = null;
    if (!forget) return;
    for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${this.#file}${end}`, { force: true });
  }

  get #opened(): Opened {
    if (this.#open === null) throw this.#failure ?? new Error("the store is closed");
    return this.#open;
  }

  #openFile(): Opened {
    const db = openDatabase(this.#file);
    return { db, records: new Records(db, this.#maxMessages) };
  }
}
