// Whether the other side of one socket is alive: pings, and the timeout of their answers. Timers of the page may run late, because
// the device slept. It knows no frame and no state of the connection.

type Timer = ReturnType<typeof setTimeout>;

/** Ms without any text before a ping is sent, and ms that the answer may take: together less than 30 s. */
const QUIET_MS = 20_000;
const ANSWER_MS = 8_000;
/** The same where something says that the network may have changed. */
const PROBE_MS = 3_000;
/** A timer that is this late has slept. */
const SLEPT_MS = 5_000;
/** Fewer UTF-16 units than this in ten seconds or more are not what delays a pong. */
const FEW_UNITS = 20_000;

export class Heartbeat {
  readonly #send: (text: string) => void;
  readonly #lost: () => void;
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

  /** The socket is being opened. `lost` is called when nobody answers. */
  constructor(send: (text: string) => void, lost: () => void) {
    this.#send = send;
    this.#lost = lost;
    this.#expect(ANSWER_MS);
  }

  /** The mailbox has said welcome: from now on it is asked. */
  opened(): void {
    this.#pingedAt = Infinity;
    clearTimeout(this.#check);
    this.#checkAfter(QUIET_MS);
  }

  received(text: string): void {
    this.#receivedAt = Date.now();
    clearTimeout(this.#silence);
    this.#deadline = Infinity;
    this.#units += text.length;
    if (text === "pong") this.#pingedAt = Infinity;
  }

  sent(): void {
    this.#hasSent = true;
  }

  /** The network may have changed: the socket has to show that it lives. */
  probe(): void {
    this.#ask(PROBE_MS);
  }

  stop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#check);
  }

  #checkAfter(ms: number): void {
    const due = Date.now() + ms;
    this.#check = setTimeout(() => {
      const now = Date.now();
      const quiet = now - this.#receivedAt;
      if (now - due > SLEPT_MS) this.#ask(PROBE_MS);
      else if (now - this.#pingedAt >= QUIET_MS / 2 && this.#units < FEW_UNITS) return this.#lost();
      else if (quiet >= QUIET_MS) this.#ask(ANSWER_MS);
      else if (this.#hasSent && this.#pingedAt > now) this.#ping();
      this.#checkAfter(quiet >= QUIET_MS ? QUIET_MS : QUIET_MS - quiet);
    }, ms);
  }

  #ask(withinMs: number): void {
    this.#ping();
    this.#expect(withinMs);
  }

  /** Any text after it shows that the way down is alive; the pong shows that the way up is too. */
  #ping(): void {
    this.#send("ping");
    this.#hasSent = false;
    this.#pingedAt = Date.now();
    this.#units = 0;
  }

  /** The socket is lost unless something is received within `ms`. */
  #expect(ms: number): void {
    const now = Date.now();
    this.#deadline = Math.min(this.#deadline, now + ms);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#lost, this.#deadline - now);
  }
}
