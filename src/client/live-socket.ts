// One WebSocket with its heartbeat: pings, and the timeout of their answers, in either direction. After `close` it
// calls nobody. It knows no frame and no state of the connection.
import { monotonicMs, type Timer } from "./clock.ts";
import { RestanteError, sentenceOf } from "./errors.ts";
import type { Times } from "./timing.ts";

/** Where a socket leads, and which subprotocols it offers. */
export interface ServerAddress {
  readonly url: string;
  readonly protocols: string[];
}

/** What a client needs of a WebSocket: the browser's own, and those of packages. */
export interface SocketLike {
  readonly readyState: number;
  readonly protocol: string;
  send(text: string): void;
  close(): void;
  addEventListener(type: "message", listen: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listen: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: "open" | "error", listen: () => void): void;
}

/** The class of a WebSocket. */
export type SocketClass = new (url: string, protocols: string[]) => SocketLike;

/** What a socket works with. */
export interface SocketOptions {
  readonly times: Times;
  /** By default the global one. */
  readonly WebSocket: SocketClass | undefined;
}

interface SocketEvents {
  text(text: string): void;
  /** It is closed, or nobody answers. */
  lost(code?: number, reason?: string): void;
}

/** `readyState` of a WebSocket that is open. */
const OPEN = 1;
/** The close code where the server does not speak the first subprotocol that was offered. */
const NO_VERSION = 4406;
/** Ms for the answer to a close. Answers: a network that is gone. */
const CLOSE_MS = 1_000;
/** A timer that is this late has slept. */
const SLEPT_MS = 5_000;
/**
 * A pong comes after all texts that were sent before it. Where fewer UTF-16 units than this have come for ten seconds or
 * more, they are not why it is late: the way up is dead.
 */
const FEW_UNITS = 20_000;

export class LiveSocket {
  readonly #options: SocketOptions;
  readonly #events: SocketEvents;
  /** Null while the address is being asked for. */
  #ws: SocketLike | null = null;
  #isClosed = false;
  #receivedAt = 0;
  /** Whether something was sent since the last ping: the way up may be dead, though the way down is not. */
  #hasSent = false;
  /** When the unanswered ping was sent, and how many UTF-16 units were received since. */
  #pingedAt = Infinity;
  #units = 0;
  /** By when something has to be received. */
  #deadline = Infinity;
  #silence: Timer | undefined;
  #check: Timer | undefined;

  constructor(options: SocketOptions, events: SocketEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The first text has to arrive in time. Throws where the runtime opens no such socket. */
  connect({ url, protocols }: ServerAddress): void {
    if (this.#isClosed) return;
    const ws = this.#open(url, protocols);
    this.#ws = ws;
    this.#expect(this.#options.times.answerMs);
    ws.addEventListener("open", () => {
      // What it says would not be understood.
      if (!this.#isClosed && ws.protocol !== protocols[0]) this.#events.lost(NO_VERSION, "no_version");
    });
    // The socket of the package `ws` throws where nobody listens for its errors. Each is followed by a close.
    ws.addEventListener("error", () => undefined);
    ws.addEventListener("message", ({ data }) => {
      if (!this.#isClosed && typeof data === "string") this.#receive(data);
    });
    ws.addEventListener("close", ({ code, reason }) => {
      if (!this.#isClosed) this.#events.lost(code, reason);
    });
  }

  /** The mailbox has said welcome: from now on it is pinged. */
  opened(): void {
    this.#pingedAt = Infinity;
    clearTimeout(this.#check);
    this.#checkAfter(this.#options.times.quietMs);
  }

  send(text: string): void {
    if (this.#ws?.readyState === OPEN) this.#ws.send(text);
    this.#hasSent = true;
  }

  /** The socket has to show within this time that it lives. */
  probe(withinMs = this.#options.times.probeMs): void {
    this.#ping();
    this.#expect(withinMs);
  }

  /**
   * Events of the WebSocket are ignored from now on: the close event of a close that the server begins would come
   * seconds later.
   */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#silence);
    clearTimeout(this.#check);
    this.#ws?.close();
  }

  /** Resolves when the server has answered the close, and so has everything that was sent; at the latest after 1 s. */
  left(): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, CLOSE_MS);
      this.#ws?.addEventListener("close", () => {
        clearTimeout(timer);
        done();
      });
    });
  }

  #receive(text: string): void {
    this.#receivedAt = monotonicMs();
    clearTimeout(this.#silence);
    this.#deadline = Infinity;
    this.#units += text.length;
    if (text === "pong") this.#pingedAt = Infinity;
    else this.#events.text(text);
  }

  #open(url: string, protocols: string[]): SocketLike {
    try {
      return new (this.#options.WebSocket ?? WebSocket)(url, protocols);
    } catch (cause) {
      throw new RestanteError("socket_failed", `The WebSocket can't be opened: ${sentenceOf(cause)}`, { cause });
    }
  }

  #checkAfter(ms: number): void {
    const { quietMs, answerMs } = this.#options.times;
    const due = monotonicMs() + ms;
    // While a device sleeps, only the wall clock goes on.
    const wallDue = Date.now() + ms;
    this.#check = setTimeout(() => {
      const now = monotonicMs();
      const quiet = now - this.#receivedAt;
      if (Math.max(now - due, Date.now() - wallDue) > SLEPT_MS) this.probe();
      else if (now - this.#pingedAt >= quietMs / 2 && this.#units < FEW_UNITS) return this.#events.lost();
      else if (quiet >= quietMs) this.probe(answerMs);
      else if (this.#hasSent && this.#pingedAt > now) this.#ping();
      this.#checkAfter(quiet >= quietMs ? quietMs : quietMs - quiet);
    }, ms);
  }

  /** Any text after it shows that the way down is alive; the pong shows that the way up is too. */
  #ping(): void {
    this.send("ping");
    this.#hasSent = false;
    this.#pingedAt = monotonicMs();
    this.#units = 0;
  }

  /** The socket is lost unless something is received within `ms`. */
  #expect(ms: number): void {
    const now = monotonicMs();
    this.#deadline = Math.min(this.#deadline, now + ms);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#events.lost(), this.#deadline - now);
  }
}
