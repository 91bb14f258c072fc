// What others wrote, message by message, for whoever wants each of them once. It knows messages, and up to where they were taken.
import { type Stop, notify } from "./live-value.ts";
import type { Message, Numbered } from "./message.ts";

/** One iteration: what waits, and the message that is being worked on. */
interface Reader {
  readonly waiting: Numbered[];
  current: Numbered | null;
  wake: () => void;
}

/** Messages that are kept for the next iteration while there is none, at least: of a quarter more the oldest quarter is let go of. */
const LEFT = 1_000;

export class IncomingMessages implements AsyncIterable<Message> {
  readonly #moved: () => void;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #readers = new Set<Reader>();
  /** What came while nobody iterated. */
  #left: Numbered[] = [];
  #iterated = false;
  #ended = false;

  /** `moved` is called when `taken` may have grown. */
  constructor(moved: () => void) {
    this.#moved = moved;
  }

  push(message: Numbered): void {
    for (const listen of this.#listeners) notify(listen, message);
    for (const reader of this.#readers) {
      reader.waiting.push(message);
      reader.wake();
    }
    if (this.#readers.size === 0) this.#left.push(message);
    if (this.#left.length >= LEFT * 1.25) this.#left.splice(0, LEFT / 4);
  }

  /** The seq up to which every iteration is done. Where there never was one, nothing waits for it. */
  taken(): number {
    let before = this.#iterated ? (this.#left[0]?.seq ?? Infinity) : Infinity;
    for (const { current, waiting } of this.#readers)
      before = Math.min(before, (current ?? waiting[0])?.seq ?? Infinity);
    return before - 1;
  }

  subscribe(listen: (message: Message) => void): Stop {
    const own = (message: Message) => listen(message);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Iterations end when they have given what waits. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    const reader: Reader = { waiting: this.#left, current: null, wake: () => undefined };
    this.#left = [];
    this.#iterated = true;
    this.#readers.add(reader);
    try {
      for (;;) {
        reader.current = reader.waiting.shift() ?? null;
        this.#moved();
        if (reader.current !== null) yield reader.current;
        else if (this.#ended) return;
        else await new Promise<void>((done) => (reader.wake = done));
      }
    } finally {
      this.#readers.delete(reader);
      // The next one goes on where this one stopped.
      if (this.#readers.size === 0) this.#left = reader.waiting;
      this.#moved();
    }
  }
}
