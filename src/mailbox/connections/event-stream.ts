// The log as server-sent events, where WebSockets don't pass: something that the mailbox takes for a socket, so that the one pump feeds
// it. While one is open the object is awake. It knows frames as texts, and what of them is an event's id.
import { STREAM_READ_MS } from "../../protocol/limits.ts";
import { closeCode } from "../../protocol/refusals.ts";

/**
 * A comment so often, in ms. Answers: what lies on the way and ends connections that say nothing; and clients that went without a word,
 * which the runtime notices when something is written (seen with workerd 2026-10-23).
 */
const ALIVE_MS = 10_000;

/** What a client waits before it comes again, in ms: an end is nothing unusual. */
const RETRY_MS = 500;

/**
 * What one waits whose place another connection took, in ms: an hour. Browsers come again by themselves, whatever `closing` says. Answers:
 * two pages with one device name that replace each other twice a second.
 */
const REPLACED_RETRY_MS = 3_600_000;

const REPLACED = closeCode("replaced");

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #epoch: string;
  readonly #durable: () => Promise<void>;
  readonly #alive: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** While it has ended, and its client may still read. */
  #ended: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** What was said so far is with the client, or on its way. */
  #said: Promise<void> = Promise.resolve();

  /**
   * `durable` resolves when everything written is on disk: nothing is told before. `left` is called once, when the client is gone.
   */
  constructor(epoch: string, durable: () => Promise<void>, left: (stream: EventStream) => void) {
    this.#epoch = epoch;
    this.#durable = durable;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#ended = null;
        this.#end();
        left(this);
      },
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#alive = setInterval(() => this.#write(": \n\n"), ALIVE_MS);
  }

  /** One frame is one event; a log frame's has an id. */
  send(frame: string): void {
    const { seq } = JSON.parse(frame) as { readonly seq?: number };
    const id = seq === undefined ? "" : `id: ${this.#epoch}:${seq}\n`;
    this.#after(() => this.#write(`${id}data: ${frame}\n\n`));
  }

  /** The last thing that was said goes first. */
  close(code?: number): void {
    this.#after(() => {
      if (code === REPLACED) this.#write(`retry: ${REPLACED_RETRY_MS}\n\n`);
      const controller = this.#controller;
      this.#end();
      controller?.close();
      this.#drop(controller);
    });
  }

  /** What the client has not read of a stream that has ended is dropped after a while. */
  #drop(controller: ReadableStreamDefaultController<Uint8Array> | null): void {
    if (controller === null || isDrained(controller)) return;
    this.#ended = controller;
    setTimeout(() => {
      this.#ended = null;
      controller.error(new Error("the stream was not read to its end"));
    }, STREAM_READ_MS);
  }

  /** Whether the client has read everything, as far as that can be seen here. */
  get isRead(): boolean {
    return this.#controller === null && (this.#ended === null || isDrained(this.#ended));
  }

  /** It does not outlive the object's sleep, because the object does not sleep. */
  serializeAttachment(): void {}

  #after(act: () => void): void {
    const durable = this.#durable();
    this.#said = this.#said.then(() => durable).then(act, () => this.#end());
  }

  #write(text: string): void {
    this.#controller?.enqueue(encoder.encode(text));
  }

  #end(): void {
    clearInterval(this.#alive);
    this.#controller = null;
  }
}

/** What is queued is taken off the size that is desired; a stream that is closed and empty desires 0. */
function isDrained({ desiredSize }: ReadableStreamDefaultController<Uint8Array>): boolean {
  return desiredSize === null || desiredSize >= 0;
}

const encoder = new TextEncoder();
