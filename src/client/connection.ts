// One connection after another to one mailbox: opening, pings, back-off, and when to stop for good.
// It reads the frames that speak of the connection itself and hands everything on; it knows no message, no id and no cursor.
import { type Down, readDown } from "../protocol/down.ts";
import { parse } from "../protocol/json.ts";

/** `until`: the time of the next try, ms since 1970. `code`: a close code; `message`: a sentence for people, where the server said one. */
export type ConnectionState =
  | { readonly is: "connecting" }
  | { readonly is: "open" }
  | { readonly is: "waiting"; readonly until: number; readonly code?: number; readonly message?: string }
  | { readonly is: "stopped"; readonly code: number; readonly message: string };

/** Gives a fresh token. */
export type Renew = () => Promise<string | undefined>;

/** Where the next connection leads, and which subprotocols it offers. */
export interface ServerAddress {
  readonly url: string;
  readonly protocols: string[];
}

/** What a line tells its owner. `down` is null for a frame that this version does not know; `textEnded` follows each text's last frame. */
export interface ConnectionEvents {
  state(state: ConnectionState): void;
  frame(value: unknown, down: Down | null): void;
  textEnded(): void;
}

/** Close codes after which the same attempt would only fail again. */
const FINAL = new Set([1009, 4400, 4403, 4406, 4409]);
/** The token is missing, wrong or expired: another one may do. */
export const UNAUTHORIZED = 4401;
const LOST = 1006;
/** The code that only this side ends with. */
const ENDED = 1000;

/** Ms without any text after which a ping asks, and ms that the answer may take: together less than 30 s. */
const QUIET = 20_000;
const SILENCE = 8_000;
/** Fewer UTF-16 units than that in ten seconds or more are not what holds a pong up. */
const FEW = 20_000;
/** The same where something says that the network may have changed. */
const PROBE = 3_000;
/** A timer that is so many ms late has slept. */
const SLEPT = 5_000;
/** The back-off: a random pause below a share of the time since the connection was lost, and the bounds of that. */
const SHARE = 1 / 4;
const SHORTEST = 1_000;
const LONGEST = 20_000;
/** After which share of its time a token is renewed; how often at most, in ms; and what a timer can wait for. */
const RENEW_AFTER = 0.8;
const RENEW_EVERY = 1_000;
const LONGEST_TIMER = 2 ** 31 - 1;
/** A connection that lasted so many ms was a good one: what is lost now is lost anew. */
const LASTED = 5_000;

export class Connection {
  readonly #door: () => Promise<ServerAddress>;
  readonly #renew: Renew | null;
  readonly #events: ConnectionEvents;
  #state: ConnectionState = { is: "connecting" };
  /** The present attempt, also while its door is still being asked for. */
  #attempt: object | null = null;
  #ws: WebSocket | null = null;
  /** Since when there has been no good connection. */
  #lostAt: number | null = null;
  #openedAt: number | null = null;
  #heardAt = 0;
  /** Whether something was said since the last ping: the way up may be dead, though the way down is not. */
  #said = false;
  /** When the ping was said that no pong has answered, and how much was heard since. */
  #asked = Infinity;
  #units = 0;
  /** When the silence is too long. */
  #until = Infinity;
  #next: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** `door` is asked before every try: the cursor in it moves. `renew` is null where the token is always the same. */
  constructor(door: () => Promise<ServerAddress>, renew: Renew | null, events: ConnectionEvents) {
    this.#door = door;
    this.#renew = renew;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whether it waits or was stopped by the server. */
  start(): void {
    if (this.#attempt !== null || this.#ended) return;
    clearTimeout(this.#next);
    const attempt = {};
    this.#attempt = attempt;
    this.#move({ is: "connecting" });
    this.#expect(SILENCE);
    const go = (act: () => void) => {
      if (attempt === this.#attempt) act();
    };
    this.#door().then(
      (door) => go(() => this.#open(door)),
      () => go(() => this.lost()),
    );
  }

  /** The network may have changed: whoever waits tries now, and an open connection has to show that it lives. */
  check(): void {
    if (this.#state.is === "waiting") this.start();
    else if (this.#state.is === "open") this.#ask(PROBE);
  }

  say(text: string): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(text);
    this.#said = true;
  }

  /** The connection is over; goes on as its code says, at the earliest after `retryAfter` ms. */
  lost(code = LOST, message = "", retryAfter = 0): void {
    if (FINAL.has(code) || (code === UNAUTHORIZED && this.#renew === null)) return this.#stop(code, message);
    this.#drop();
    const now = Date.now();
    if (this.#openedAt !== null && now - this.#openedAt > LASTED) this.#lostAt = null;
    this.#openedAt = null;
    this.#lostAt ??= now;
    const longest = Math.min(Math.max((now - this.#lostAt) * SHARE, SHORTEST), LONGEST);
    const pause = retryAfter + Math.random() * longest;
    this.#next = setTimeout(() => this.start(), pause);
    this.#move({ is: "waiting", until: now + pause, ...(message !== "" && { code, message }) });
  }

  /** Ends it for good, from this side. */
  end(message: string): void {
    this.#stop(ENDED, message);
  }

  get #ended(): boolean {
    return this.#state.is === "stopped" && this.#state.code === ENDED;
  }

  #open({ url, protocols }: ServerAddress): void {
    const ws = new WebSocket(url, protocols);
    this.#ws = ws;
    ws.addEventListener("message", ({ data }) => {
      if (ws === this.#ws && typeof data === "string") this.#receive(ws, data);
    });
    ws.addEventListener("close", ({ code, reason }) => {
      if (ws === this.#ws) this.lost(code, reason);
    });
  }

  #stop(code: number, message: string): void {
    clearTimeout(this.#next);
    this.#drop();
    this.#move({ is: "stopped", code, message: message || `The server closed the connection with code ${code}.` });
  }

  /** Whatever the old socket still says is ignored; a close that the server begins would be heard only seconds later. */
  #drop(): void {
    clearTimeout(this.#pings);
    clearTimeout(this.#renewal);
    this.#heard();
    const ws = this.#ws;
    this.#ws = null;
    this.#attempt = null;
    ws?.close();
  }

  #receive(ws: WebSocket, text: string): void {
    this.#heard();
    this.#units += text.length;
    if (text === "pong") {
      this.#asked = Infinity;
      return;
    }
    const value = parse(text);
    for (const frame of Array.isArray(value) ? value : [value]) {
      const down = readDown(frame);
      if (down?.type === "closing") this.lost(down.code, down.message, down.retryAfter);
      else this.#events.frame(frame, down);
      // Lost by this frame, or by whoever heard it.
      if (ws !== this.#ws) return;
      if (down?.type === "welcome") this.#opened();
      if (down?.type === "welcome" || down?.type === "token") this.#renewBefore(ws, down.expires);
    }
    this.#events.textEnded();
  }

  /** Presents a fresh token in time. Where the clocks differ too much, the server closes and the next connection has one. */
  #renewBefore(ws: WebSocket, expires: number | undefined): void {
    const renew = this.#renew;
    if (renew === null || expires === undefined) return;
    const pause = Math.min(Math.max((expires - Date.now()) * RENEW_AFTER, RENEW_EVERY), LONGEST_TIMER);
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      const present = (token: string | undefined) => {
        if (ws === this.#ws && token !== undefined) this.say(JSON.stringify({ type: "token", token }));
      };
      renew().then(present, () => this.#renewBefore(ws, expires));
    }, pause);
  }

  #opened(): void {
    this.#openedAt = Date.now();
    this.#asked = Infinity;
    this.#listen(QUIET);
    this.#move({ is: "open" });
  }

  /** Asks after `ms`, unless something is heard until then. */
  #listen(ms: number): void {
    const due = Date.now() + ms;
    this.#pings = setTimeout(() => {
      const now = Date.now();
      const quiet = now - this.#heardAt;
      if (now - due > SLEPT) this.#ask(PROBE);
      else if (now - this.#asked >= QUIET / 2 && this.#units < FEW) return this.lost();
      else if (quiet >= QUIET) this.#ask(SILENCE);
      else if (this.#said && this.#asked > now) this.#ping();
      this.#listen(quiet >= QUIET ? QUIET : QUIET - quiet);
    }, ms);
  }

  #ask(within: number): void {
    this.#ping();
    this.#expect(within);
  }

  /** What is heard after it shows that the way down is alive; the pong, that the way up is too. */
  #ping(): void {
    this.say("ping");
    this.#said = false;
    this.#asked = Date.now();
    this.#units = 0;
  }

  /** Unless something is heard within `ms`, nobody is there. */
  #expect(ms: number): void {
    const until = Math.min(this.#until, Date.now() + ms);
    clearTimeout(this.#silence);
    this.#until = until;
    this.#silence = setTimeout(() => this.lost(), until - Date.now());
  }

  #heard(): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#silence);
    this.#until = Infinity;
  }

  #move(state: ConnectionState): void {
    this.#state = state;
    this.#events.state(state);
  }
}
