// What others wrote, message by message, for whoever wants each of them once. It knows messages, and up to where they were taken.
import { type Stop, tell } from "./live.ts";
import type { Message } from "./message.ts";

type Received = Message & { readonly seq: number };

/** One iteration: what waits, and the message that is being worked on. */
interface Reader {
  readonly waiting: Received[];
  current: Received | null;
  wake: () => void;
}

export class Feed implements AsyncIterable<Message> {
  readonly #moved: () => void;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #readers = new Set<Reader>();
  #ended = false;

  /** `moved` is called when `taken` may have grown. */
  constructor(moved: () => void) {
    this.#moved = moved;
  }

  push(message: Received): void {
    for (const listen of this.#listeners) tell(listen, message);
    for (const reader of this.#readers) {
      reader.waiting.push(message);
      reader.wake();
    }
  }

  /** The seq up to which every iteration is done. */
  taken(): number {
    const open = [...this.#readers].map(({ current, waiting }) => current ?? waiting[0]);
    return Math.min(...open.map((message) => (message === undefined ? Number.POSITIVE_INFINITY : message.seq - 1)));
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
    const reader: Reader = { waiting: [], current: null, wake: () => undefined };
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
      this.#moved();
    }
  }
}
