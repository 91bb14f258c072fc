// The messages of others where the store keeps what was taken: an iteration reads the store, and begins after the last
// message that any iteration has taken, in this process or an earlier one. It knows records; no frame.
import type { CheckBody } from "./body-schema.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { type Message, type Numbered, ofEntry } from "./message.ts";
import type { Arrival } from "./store.ts";

/** Arrivals that are read at once. */
const PAGE_SIZE = 100;

/** One iteration: the arrival up to which it has taken all; null before it has taken one. */
interface Reader {
  taken: number | null;
  /** Whether messages came after the last read. */
  isBehind: boolean;
  wake: () => void;
}

interface ArrivalSource {
  readonly user: string;
  readonly check: CheckBody | null;
  readonly read: (after: number | null, limit: number) => Promise<readonly Arrival[]>;
  /** Stores up to which arrival all iterations have taken everything. */
  readonly take: (number: number) => void;
}

/** What the store has needs no ack of an iteration, so `takenUpTo` is never behind. */
export class StoredMessages extends IncomingMessages {
  readonly #source: ArrivalSource;
  readonly #readers = new Set<Reader>();
  #taken: number | null = null;
  #hasEnded = false;

  constructor(source: ArrivalSource) {
    super(() => undefined);
    this.#source = source;
  }

  /** An iteration reads it from the store: it is in no queue. */
  override push(message: Numbered): void {
    this.notify(message);
    this.#wake();
  }

  override end(): void {
    super.end();
    this.#hasEnded = true;
    this.#wake();
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    const { user, check, read } = this.#source;
    const reader: Reader = { taken: this.#taken, isBehind: true, wake: () => undefined };
    this.#readers.add(reader);
    try {
      while (!this.#hasEnded) {
        reader.isBehind = false;
        const page = await read(reader.taken, PAGE_SIZE);
        for (const { number, entry } of page) {
          if (this.#hasEnded) return;
          if (entry.from !== user) yield ofEntry(entry, user, undefined, check);
          reader.taken = number;
          this.#take();
        }
        if (page.length === 0 && !reader.isBehind) await new Promise<void>((done) => (reader.wake = done));
      }
    } finally {
      this.#readers.delete(reader);
      this.#take();
    }
  }

  #wake(): void {
    for (const reader of this.#readers) {
      reader.isBehind = true;
      reader.wake();
    }
  }

  #take(): void {
    let taken = Infinity;
    for (const reader of this.#readers) taken = Math.min(taken, reader.taken ?? 0);
    if (taken <= (this.#taken ?? 0) || taken === Infinity) return;
    this.#taken = taken;
    this.#source.take(taken);
  }
}
