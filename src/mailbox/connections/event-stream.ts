// The log as server-sent events, for networks that block WebSockets. To the mailbox a stream is a connection like any
// other, so that the one pump feeds it. While a stream is open the object is awake. It knows frames as texts, and their
// `seq` as the event id.
import { STREAM_READ_MS } from "../../protocol/limits.ts";
import { closeCode } from "../../protocol/refusals.ts";

/**
 * Ms between two comments. Answers: proxies that end silent connections, and clients that are gone without a close,
 * which the runtime notices when something is written (seen with workerd 2026-10-23).
 */
const KEEP_ALIVE_MS = 10_000;

/** Ms after which a client connects again: streams end often. */
const RETRY_MS = 500;

/**
 * Ms after which a replaced client connects again: an hour. Browsers connect again by themselves, also after a
 * `closing`. Answers: two pages with one device name that replace each other twice a second.
 */
const REPLACED_RETRY_MS = 3_600_000;

const REPLACED = closeCode("replaced");

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #epoch: string;
  readonly #whenDurable: () => Promise<void>;
  readonly #keepAlive: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The controller of a stream that has ended, while its client may still read. */
  #ended: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Resolves when all frames so far were enqueued. */
  #sent: Promise<void> = Promise.resolve();

  /**
   * `whenDurable` resolves when everything written is on disk: no frame is sent before. `onClientGone` is called once.
   */
  constructor(epoch: string, whenDurable: () => Promise<void>, onClientGone: (stream: EventStream) => void) {
    this.#epoch = epoch;
    this.#whenDurable = whenDurable;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#ended = null;
        this.#end();
        onClientGone(this);
      },
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#keepAlive = setInterval(() => this.#write(": \n\n"), KEEP_ALIVE_MS);
  }

  /** One frame is one event; that of a log frame has an id. */
  send(frame: string): void {
    const { seq } = JSON.parse(frame) as { readonly seq?: number };
    const id = seq === undefined ? "" : `id: ${this.#epoch}:${seq}\n`;
    this.#after(() => this.#write(`${id}data: ${frame}\n\n`));
  }

  /** Ends the stream after the frames that were sent. */
  close(code?: number): void {
    this.#after(() => {
      if (code === REPLACED) this.#write(`retry: ${REPLACED_RETRY_MS}\n\n`);
      const controller = this.#controller;
      this.#end();
      controller?.close();
      this.#dropLater(controller);
    });
  }

  /** Drops what the client of an ended stream has not read after `STREAM_READ_MS`. */
  #dropLater(controller: ReadableStreamDefaultController<Uint8Array> | null): void {
    if (controller === null || isDrained(controller)) return;
    this.#ended = controller;
    setTimeout(() => {
      this.#ended = null;
      controller.error(new Error("the stream was not read to its end"));
    }, STREAM_READ_MS);
  }

  /** Whether the client has read everything, as far as the runtime shows. */
  get isRead(): boolean {
    return this.#controller === null && (this.#ended === null || isDrained(this.#ended));
  }

  /** A stream needs no attachment: while it is open the object does not hibernate. */
  serializeAttachment(): void {}

  /** Acts when everything written so far is durable, and after what was sent before. */
  #after(act: () => void): void {
    const durable = this.#whenDurable();
    this.#sent = this.#sent.then(() => durable).then(act, () => this.#end());
  }

  #write(text: string): void {
    this.#controller?.enqueue(encoder.encode(text));
  }

  #end(): void {
    clearInterval(this.#keepAlive);
    this.#controller = null;
  }
}

/** `desiredSize` is lower by what is queued; it is 0 for a closed stream with an empty queue. */
function isDrained({ desiredSize }: ReadableStreamDefaultController<Uint8Array>): boolean {
  return desiredSize === null || desiredSize >= 0;
}

const encoder = new TextEncoder();
