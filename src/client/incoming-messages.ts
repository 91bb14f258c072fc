// The messages of others, for listeners and for iterations that take each of them once. It knows messages, and up to
// which seq they were taken.
import { type Stop, notify } from "./live-value.ts";
import type { Message, Numbered } from "./message.ts";

/** One iteration: its queue, and the message that is being worked on. */
interface Reader {
  readonly queue: Numbered[];
  current: Numbered | null;
  wake: () => void;
}

/** Without an iteration the latest messages are queued for the next one: at least this many, at most a quarter more. */
const BACKLOG = 1_000;

export class IncomingMessages implements AsyncIterable<Message> {
  readonly #takenChanged: () => void;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #readers = new Set<Reader>();
  /** Messages that arrived without an iteration. */
  #backlog: Numbered[] = [];
  #wasIterated = false;
  #hasEnded = false;

  /** `takenChanged` is called when `takenUpTo()` may have grown. */
  constructor(takenChanged: () => void) {
    this.#takenChanged = takenChanged;
  }

  push(message: Numbered): void {
    this.notify(message);
    for (const reader of this.#readers) {
      reader.queue.push(message);
      reader.wake();
    }
    if (this.#readers.size === 0) this.#backlog.push(message);
    if (this.#backlog.length >= BACKLOG * 1.25) this.#backlog.splice(0, BACKLOG / 4);
  }

  protected notify(message: Message): void {
    for (const listen of this.#listeners) notify(listen, message);
  }

  /** The seq up to which every iteration is done. Where there never was an iteration, no message waits for one. */
  takenUpTo(): number {
    let before = this.#wasIterated ? (this.#backlog[0]?.seq ?? Infinity) : Infinity;
    for (const { current, queue } of this.#readers) before = Math.min(before, (current ?? queue[0])?.seq ?? Infinity);
    return before - 1;
  }

  readonly subscribe = (listen: (message: Message) => void): Stop => {
    // One function for each call: the same listener may subscribe twice.
    const listener = (message: Message) => listen(message);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Iterations end: what they were not given can't be acknowledged any more, and is given after the next start. */
  end(): void {
    this.#hasEnded = true;
    for (const reader of this.#readers) reader.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    const reader: Reader = { queue: this.#backlog, current: null, wake: () => undefined };
    this.#backlog = [];
    this.#wasIterated = true;
    this.#readers.add(reader);
    try {
      for (;;) {
        reader.current = this.#hasEnded ? null : (reader.queue.shift() ?? null);
        this.#takenChanged();
        if (reader.current !== null) yield reader.current;
        else if (this.#hasEnded) return;
        else await new Promise<void>((done) => (reader.wake = done));
      }
    } finally {
      this.#readers.delete(reader);
      // The next one begins with the message whose successor was not asked for. A loop ends the same way for `break` and
      // for an error in its body.
      if (reader.current !== null) reader.queue.unshift(reader.current);
      if (this.#readers.size === 0) this.#backlog = reader.queue;
      this.#takenChanged();
    }
  }
}
