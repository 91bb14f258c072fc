// One connection after another to one mailbox: opening, back-off, token renewal, and when to stop for good.
// It reads the frames that are about the connection itself and passes all others on; it knows no message, no id and no cursor.
import { type Down, readDown } from "../protocol/down.ts";
import { parse } from "../protocol/json.ts";
import { BackOff } from "./back-off.ts";
import { Heartbeat } from "./heartbeat.ts";

/**
 * `until`: the time of the next try, ms since 1970. `code`: a close code; `message`: a sentence for people, where the server said
 * one.
 */
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

/**
 * What the owner of a connection is notified of. `down` is null for a frame that this version does not know; `textEnded` follows
 * the last frame of each text.
 */
export interface ConnectionEvents {
  state(state: ConnectionState): void;
  frame(value: unknown, down: Down | null): void;
  textEnded(): void;
}

type Timer = ReturnType<typeof setTimeout>;

/** Made and not started yet; shown as connecting. */
interface Idle {
  readonly is: "idle";
}

/** `socket` is null while the address is being asked for. */
interface Connecting {
  readonly is: "connecting";
  readonly heartbeat: Heartbeat;
  socket: WebSocket | null;
}

interface Open {
  readonly is: "open";
  readonly heartbeat: Heartbeat;
  readonly socket: WebSocket;
  renewal: Timer | undefined;
}

interface Waiting {
  readonly is: "waiting";
  readonly retry: Timer;
}

/** `final`: ended from this side, so that not even the user can start it again. */
interface Stopped {
  readonly is: "stopped";
  readonly final: boolean;
}

type Phase = Idle | Connecting | Open | Waiting | Stopped;

/** Close codes after which the same attempt would only fail again. */
const FINAL = new Set([1009, 4400, 4403, 4406, 4409]);
/** The token is missing, wrong or expired: another one may do. */
const UNAUTHORIZED = 4401;
const LOST = 1006;
/** The code that only this side ends with. */
const ENDED = 1000;

/** A token is renewed after this share of its time, at most so often. */
const RENEW_SHARE = 0.8;
const MIN_RENEWAL_MS = 1_000;
/** The longest time that `setTimeout` can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Connection {
  readonly #addressOf: () => Promise<ServerAddress>;
  readonly #renew: Renew | null;
  readonly #events: ConnectionEvents;
  readonly #backOff = new BackOff();
  #phase: Phase = { is: "idle" };
  #state: ConnectionState = { is: "connecting" };

  /** `addressOf` is called before every attempt: the cursor in the address moves. `renew` is null where the token is always the same. */
  constructor(addressOf: () => Promise<ServerAddress>, renew: Renew | null, events: ConnectionEvents) {
    this.#addressOf = addressOf;
    this.#renew = renew;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whether it waits or was stopped by the server. */
  start(): void {
    const last = this.#phase;
    if (last.is === "connecting" || last.is === "open" || (last.is === "stopped" && last.final)) return;
    const heartbeat = new Heartbeat(
      (text) => this.send(text),
      () => this.lost(),
    );
    const phase: Connecting = { is: "connecting", heartbeat, socket: null };
    this.#enter(phase, { is: "connecting" });
    this.#addressOf().then(
      (address) => {
        if (phase === this.#phase) this.#connect(phase, address);
      },
      () => {
        if (phase === this.#phase) this.lost();
      },
    );
  }

  /** The network may have changed: a waiting connection tries now, an open one has to show that it lives. */
  check(): void {
    if (this.#phase.is === "waiting") this.start();
    else if (this.#phase.is === "open") this.#phase.heartbeat.probe();
  }

  send(text: string): void {
    const phase = this.#phase;
    if (phase.is !== "open") return;
    if (phase.socket.readyState === WebSocket.OPEN) phase.socket.send(text);
    phase.heartbeat.sent();
  }

  /** The connection is over. The close code decides whether another attempt follows, at the earliest after `retryAfter` ms. */
  lost(code = LOST, message = "", retryAfter = 0): void {
    if (FINAL.has(code) || (code === UNAUTHORIZED && this.#renew === null)) return this.#stop(code, message);
    const now = Date.now();
    const delay = retryAfter + this.#backOff.delay(now);
    const retry = setTimeout(() => this.start(), delay);
    this.#enter(
      { is: "waiting", retry },
      { is: "waiting", until: now + delay, ...(message !== "" && { code, message }) },
    );
  }

  /** Ends it for good, from this side. */
  end(message: string): void {
    this.#stop(ENDED, message);
  }

  #stop(code: number, message: string): void {
    const sentence = message || `The server closed the connection with code ${code}.`;
    this.#enter({ is: "stopped", final: code === ENDED }, { is: "stopped", code, message: sentence });
  }

  /** Ends the present phase with its timers and its socket, and begins the next one. */
  #enter(phase: Phase, state: ConnectionState): void {
    const last = this.#phase;
    this.#phase = phase;
    this.#state = state;
    if (last.is === "waiting") clearTimeout(last.retry);
    else if (last.is === "connecting" || last.is === "open") {
      if (last.is === "open") clearTimeout(last.renewal);
      if (phase.is !== "open") {
        last.heartbeat.stop();
        // What the old socket still receives is ignored. The close event of a close that the server begins would come seconds later.
        last.socket?.close();
      }
    }
    this.#events.state(state);
  }

  #connect(phase: Connecting, { url, protocols }: ServerAddress): void {
    const socket = new WebSocket(url, protocols);
    phase.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (this.#isCurrent(socket) && typeof data === "string") this.#receive(socket, phase.heartbeat, data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#isCurrent(socket)) this.lost(code, reason);
    });
  }

  #isCurrent(socket: WebSocket): boolean {
    const phase = this.#phase;
    return (phase.is === "open" || phase.is === "connecting") && phase.socket === socket;
  }

  #receive(socket: WebSocket, heartbeat: Heartbeat, text: string): void {
    heartbeat.received(text);
    if (text === "pong") return;
    const value = parse(text);
    for (const frame of Array.isArray(value) ? value : [value]) {
      const down = readDown(frame);
      if (down?.type === "closing") this.lost(down.code, down.message, down.retryAfter);
      else this.#events.frame(frame, down);
      // Lost by this frame, or by its receiver.
      if (!this.#isCurrent(socket)) return;
      if (down?.type === "welcome") this.#opened(socket, heartbeat);
      if (down?.type === "welcome" || down?.type === "token") this.#renewBefore(this.#phase, down.expires);
    }
    this.#events.textEnded();
  }

  #opened(socket: WebSocket, heartbeat: Heartbeat): void {
    this.#backOff.opened();
    heartbeat.opened();
    this.#enter({ is: "open", heartbeat, socket, renewal: undefined }, { is: "open" });
  }

  /** Presents a fresh token in time. Where the clocks differ too much, the server closes and the next connection has one. */
  #renewBefore(phase: Phase, expires: number | undefined): void {
    const renew = this.#renew;
    if (renew === null || expires === undefined || phase !== this.#phase || phase.is !== "open") return;
    const delay = Math.min(Math.max((expires - Date.now()) * RENEW_SHARE, MIN_RENEWAL_MS), MAX_TIMER_MS);
    clearTimeout(phase.renewal);
    phase.renewal = setTimeout(() => {
      const present = (token: string | undefined) => {
        if (phase === this.#phase && token !== undefined) this.send(JSON.stringify({ type: "token", token }));
      };
      renew().then(present, () => this.#renewBefore(phase, expires));
    }, delay);
  }
}
