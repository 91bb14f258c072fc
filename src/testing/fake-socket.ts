// The client's side of a connection to a fake mailbox: a WebSocket as the SDK uses it. What is sent arrives in a later
// microtask, so nothing waits for a timer. It knows texts; no frame.

/** The mailbox's side of a connection. */
export interface SocketOwner {
  connected(socket: FakeSocket): void;
  received(socket: FakeSocket, text: string): void;
  closed(socket: FakeSocket): void;
}

/** Of `readyState`. */
const OPEN = 1;
const CLOSED = 3;
/** The code of a close that gave none. */
const NO_CODE = 1005;

interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** What the SDK reads of a `message` and of a `close`. */
type Listen = (event: { readonly data: unknown; readonly code: number; readonly reason: string }) => void;

export class FakeSocket {
  readonly url: URL;
  readonly #owner: SocketOwner;
  readonly #listeners: { readonly type: string; readonly listen: Listen }[] = [];
  #pending: unknown[] = [];
  #state = 0;
  /** Whether the mailbox has said welcome: from then on it sends what is new. */
  isWelcomed = false;

  constructor(url: string | URL, owner: SocketOwner) {
    this.url = new URL(url);
    this.#owner = owner;
    queueMicrotask(() => {
      if (!this.isLive) return;
      this.#state = OPEN;
      owner.connected(this);
    });
  }

  /** 0 to 3, as of a WebSocket. */
  get readyState(): number {
    return this.#state;
  }

  get isLive(): boolean {
    return this.#state !== CLOSED;
  }

  get device(): string {
    return this.url.searchParams.get("device") ?? "";
  }

  addEventListener(type: string, listen: Listen): void {
    this.#listeners.push({ type, listen });
  }

  send(text: string): void {
    queueMicrotask(() => {
      if (this.isLive) this.#owner.received(this, text);
    });
  }

  /** The client closes it. What it sent before still arrives. */
  close(): void {
    queueMicrotask(() => this.end(NO_CODE));
  }

  /** The server closes it; without a code the connection breaks. */
  end(code = 1006, reason = ""): void {
    if (!this.isLive) return;
    this.#state = CLOSED;
    this.#owner.closed(this);
    queueMicrotask(() => this.#call("close", { code, reason }));
  }

  /** The server closes it after a last frame. */
  endWith(frame: unknown, code: number, reason: string): void {
    this.deliverText(JSON.stringify(frame), () => queueMicrotask(() => this.end(code, reason)));
  }

  /** Frames of one task leave as one text. */
  deliver(frame: unknown): void {
    this.#pending.push(frame);
    if (this.#pending.length > 1) return;
    queueMicrotask(() => {
      const frames = this.#pending;
      this.#pending = [];
      this.deliverAll(frames);
    });
  }

  /** Frames as one text. */
  deliverAll(frames: readonly unknown[]): void {
    this.deliverText(this.encode(frames), () => this.arrived(frames));
  }

  protected encode(frames: readonly unknown[]): string {
    return JSON.stringify(frames);
  }

  /** The client is about to read them. */
  protected arrived(_frames: readonly unknown[]): void {}

  /** `arrived` is called if the connection still lives then. */
  deliverText(text: string, arrived: () => void = () => undefined): void {
    queueMicrotask(() => {
      if (!this.isLive) return;
      arrived();
      this.#call("message", { data: text });
    });
  }

  #call(type: string, event: SocketEvent): void {
    const whole = { data: undefined, code: 0, reason: "", ...event };
    for (const one of this.#listeners) if (one.type === type) one.listen(whole);
  }
}
