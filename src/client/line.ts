// One connection after another to one mailbox: opening, pings, back-off, and when to stop for good.
// It reads the frames that speak of the connection itself and hands everything on; it knows no message, no id and no cursor.
import { type Down, readDown } from "../protocol/down.ts";
import { parse } from "../protocol/up.ts";
import { V1 } from "../protocol/version.ts";

/** `until`: the time of the next try, ms since 1970. `code`: a close code; `message`: a sentence for people. */
export type State =
  | { readonly is: "connecting" }
  | { readonly is: "open" }
  | { readonly is: "waiting"; readonly until: number }
  | { readonly is: "stopped"; readonly code: number; readonly message: string };

/** What a line tells its owner. `down` is null for a frame that this version does not know; `textEnded` follows each text's last frame. */
export interface LineEvents {
  state(state: State): void;
  frame(value: unknown, down: Down | null): void;
  textEnded(): void;
}

/** Close codes after which the same attempt would only fail again. 4401 is among them until there is a token to renew. */
const FINAL = new Set([1009, 4400, 4401, 4403, 4406, 4409]);
const LOST = 1006;
/** The code that only this side ends with. */
const ENDED = 1000;

const PING_EVERY = 25_000;
/** Ms without any text, after a ping or while connecting, that mean nobody is there. */
const SILENCE = 10_000;
const SHORTEST = 500;
const LONGEST = 20_000;
/** A connection that lasted so many ms was a good one, and the back-off begins anew. */
const LASTED = 5_000;

export class Line {
  readonly #address: () => string;
  readonly #events: LineEvents;
  #state: State = { is: "connecting" };
  #ws: WebSocket | null = null;
  #tries = 0;
  #openedAt: number | null = null;
  #next: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  /** `address` is asked before every try: the cursor in it moves. */
  constructor(address: () => string, events: LineEvents) {
    this.#address = address;
    this.#events = events;
  }

  /** Whether this side has ended it. */
  get ended(): boolean {
    return this.#state.is === "stopped" && this.#state.code === ENDED;
  }

  /** Connects now, whether it waits or was stopped by the server. */
  start(): void {
    if (this.#ws !== null || this.ended) return;
    clearTimeout(this.#next);
    const ws = new WebSocket(this.#address(), V1);
    this.#ws = ws;
    this.#move({ is: "connecting" });
    this.#silence = setTimeout(() => this.lost(), SILENCE);
    ws.addEventListener("message", (event) => {
      if (ws === this.#ws && typeof event.data === "string") this.#receive(ws, event.data);
    });
    ws.addEventListener("close", ({ code, reason }) => {
      if (ws === this.#ws) this.lost(code, reason);
    });
  }

  say(text: string): void {
    this.#ws?.send(text);
  }

  /** The connection is over; goes on as its code says, at the earliest after `retryAfter` ms. */
  lost(code = LOST, message = "", retryAfter = 0): void {
    this.#drop();
    if (FINAL.has(code)) {
      this.#move({ is: "stopped", code, message: message || `The server closed the connection with code ${code}.` });
      return;
    }
    if (this.#openedAt !== null && Date.now() - this.#openedAt > LASTED) this.#tries = 0;
    this.#openedAt = null;
    const longest = Math.min(LONGEST, SHORTEST * 2 ** ++this.#tries);
    const pause = retryAfter + SHORTEST + Math.random() * (longest - SHORTEST);
    this.#next = setTimeout(() => this.start(), pause);
    this.#move({ is: "waiting", until: Date.now() + pause });
  }

  /** Ends it for good, from this side. */
  end(message: string): void {
    clearTimeout(this.#next);
    this.#drop();
    this.#move({ is: "stopped", code: ENDED, message });
  }

  /** Whatever the old socket still says is ignored; a close that the server begins would be heard only seconds later. */
  #drop(): void {
    clearInterval(this.#pings);
    clearTimeout(this.#silence);
    const ws = this.#ws;
    this.#ws = null;
    ws?.close();
  }

  #receive(ws: WebSocket, text: string): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (text === "pong") return;
    const value = parse(text);
    for (const frame of Array.isArray(value) ? value : [value]) {
      const down = readDown(frame);
      if (down?.type === "closing") this.lost(down.code, down.message, down.retryAfter);
      else this.#events.frame(frame, down);
      if (down?.type === "welcome") this.#opened();
      // Lost by this frame, or by whoever heard it.
      if (ws !== this.#ws) return;
    }
    this.#events.textEnded();
  }

  #opened(): void {
    this.#openedAt = Date.now();
    this.#pings = setInterval(() => {
      this.say("ping");
      this.#silence ??= setTimeout(() => this.lost(), SILENCE);
    }, PING_EVERY);
    this.#move({ is: "open" });
  }

  #move(state: State): void {
    this.#state = state;
    this.#events.state(state);
  }
}
