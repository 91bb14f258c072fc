// A socket to the model of a mailbox: texts that arrive in later tasks, in parts, with runs or without, until it is cut.
import type { Random } from "../chaos/random.ts";
import { encodeRuns } from "../support/encode-runs.ts";

export type Frame = Record<string, unknown>;

/** What a socket needs of its mailbox. */
interface Mailbox {
  receive(socket: Socket, text: string): void;
  /** A frame has reached the client. */
  reached(frame: Frame): void;
  closed(socket: Socket): void;
}

/** The client's side of a connection: a WebSocket as the SDK uses it. */
export class Socket extends EventTarget {
  static readonly OPEN = 1;
  readonly url: URL;
  readonly device: string;
  /** Whether this mailbox sends runs, where it is asked to: an older one does not. */
  readonly runs: boolean;
  readonly #model: Mailbox;
  readonly #random: Random;
  #pending: Frame[] = [];
  readyState = 0;
  welcomed = false;
  #cut = false;

  constructor(url: URL, model: Mailbox, random: Random) {
    super();
    this.url = url;
    this.device = url.searchParams.get("device") ?? "";
    this.runs = url.searchParams.get("runs") === "1" && random.chance(0.75);
    this.#model = model;
    this.#random = random;
  }

  get live(): boolean {
    return !this.#cut && this.readyState < 2;
  }

  open(): void {
    this.readyState = 1;
  }

  /** The first frames of a connection, in several texts; it may be cut after any of them. */
  deliverInParts(frames: readonly Frame[], random: Random, cut: number): void {
    this.welcomed = true;
    for (let at = 0; at < frames.length && this.live;) {
      const size = 1 + random.below(5);
      this.#text(frames.slice(at, at + size));
      at += size;
      if (random.chance(cut)) this.cut();
    }
  }

  /** With runs, all frames of one task are one text. */
  deliver(what: Frame | "pong"): void {
    if (what === "pong" || !this.runs) return this.#text(what);
    this.#pending.push(what);
    if (this.#pending.length > 1) return;
    queueMicrotask(() => {
      const frames = this.#pending;
      this.#pending = [];
      this.#text(frames);
    });
  }

  #text(what: Frame | readonly Frame[] | "pong"): void {
    const frames = this.runs && Array.isArray(what) ? encodeRuns(what, () => this.#random.chance(0.8)) : what;
    const data = what === "pong" ? what : JSON.stringify(frames);
    queueMicrotask(() => {
      if (!this.live) return;
      if (what !== "pong") for (const frame of [what].flat()) this.#model.reached(frame as Frame);
      this.dispatchEvent(new MessageEvent("message", { data }));
    });
  }

  send(text: string): void {
    queueMicrotask(() => {
      if (this.live) this.#model.receive(this, text);
    });
  }

  close(): void {
    this.readyState = 3;
    this.#model.closed(this);
    queueMicrotask(() => this.dispatchEvent(new Event("close")));
  }

  /** The connection ends without a close frame. */
  cut(): void {
    if (!this.live) return;
    this.#cut = true;
    this.#model.closed(this);
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" })));
  }
}
