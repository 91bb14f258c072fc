// One WebSocket with its heartbeat: pings, and the timeout of their answers, in either direction. After `close` it
// calls nobody. It knows no frame and no state of the connection.

type Timer = ReturnType<typeof setTimeout>;

/** Where a socket leads, and which subprotocols it offers. */
export interface ServerAddress {
  readonly url: string;
  readonly protocols: string[];
}

export interface SocketEvents {
  text(text: string): void;
  /** It is closed, or nobody answers. */
  lost(code?: number, reason?: string): void;
}

/** Ms without any text before a ping is sent, and ms that the answer may take: together less than 30 s. */
const QUIET_MS = 20_000;
const ANSWER_MS = 8_000;
/** The same where something says that the network may have changed. */
const PROBE_MS = 3_000;
/** The close code where the server does not speak the first subprotocol that was offered. */
const NO_VERSION = 4406;
/** Ms for the answer to a close. Answers: a network that is gone. */
const CLOSE_MS = 1_000;
/** A timer that is this late has slept. */
const SLEPT_MS = 5_000;
/** Fewer UTF-16 units than this in ten seconds or more are not what delays a pong. */
const FEW_UNITS = 20_000;

export class LiveSocket {
  readonly #events: SocketEvents;
  /** Null while the address is being asked for. */
  #ws: WebSocket | null = null;
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

  /** The first text has to arrive in time, with the time that the address takes. */
  constructor(events: SocketEvents) {
    this.#events = events;
    this.#expect(ANSWER_MS);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  connect({ url, protocols }: ServerAddress): void {
    if (this.#isClosed) return;
    const ws = new WebSocket(url, protocols);
    this.#ws = ws;
    ws.addEventListener("open", () => {
      // What it says would not be understood.
      if (!this.#isClosed && ws.protocol !== protocols[0]) this.#events.lost(NO_VERSION, "no_version");
    });
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
    this.#checkAfter(QUIET_MS);
  }

  send(text: string): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(text);
    this.#hasSent = true;
  }

  /** The socket has to show within this time that it lives. */
  probe(withinMs = PROBE_MS): void {
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
    this.#receivedAt = Date.now();
    clearTimeout(this.#silence);
    this.#deadline = Infinity;
    this.#units += text.length;
    if (text === "pong") this.#pingedAt = Infinity;
    else this.#events.text(text);
  }

  #checkAfter(ms: number): void {
    const due = Date.now() + ms;
    this.#check = setTimeout(() => {
      const now = Date.now();
      const quiet = now - this.#receivedAt;
      if (now - due > SLEPT_MS) this.probe();
      else if (now - this.#pingedAt >= QUIET_MS / 2 && this.#units < FEW_UNITS) return this.#events.lost();
      else if (quiet >= QUIET_MS) this.probe(ANSWER_MS);
      else if (this.#hasSent && this.#pingedAt > now) this.#ping();
      this.#checkAfter(quiet >= QUIET_MS ? QUIET_MS : QUIET_MS - quiet);
    }, ms);
  }

  /** Any text after it shows that the way down is alive; the pong shows that the way up is too. */
  #ping(): void {
    this.send("ping");
    this.#hasSent = false;
    this.#pingedAt = Date.now();
    this.#units = 0;
  }

  /** The socket is lost unless something is received within `ms`. */
  #expect(ms: number): void {
    const now = Date.now();
    this.#deadline = Math.min(this.#deadline, now + ms);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#events.lost(), this.#deadline - now);
  }
}
