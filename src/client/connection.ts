// One connection after another to one mailbox: opening, back-off, token renewal, and when to stop for good.
// It reads the frames that are about the connection itself and passes all others on; it knows no message, no id and no
// cursor.
import { type Down, readDown } from "../protocol/down.ts";
import { parseJson } from "../protocol/json.ts";
import { BackOff, MAX_TIMER_MS } from "./back-off.ts";
import { type Close, completeClose, isFinal, readClose } from "./close-reason.ts";
import { LiveSocket, type ServerAddress } from "./live-socket.ts";

/**
 * `until`: the time of the next try, ms since 1970. `code`: a close code of PROTOCOL.md; 1000 where this side has ended
 * it. `reason`: a word for programs, a code of PROTOCOL.md's table of refusals, such as `replaced`; from this side
 * `closed`; `signed_out` or `outdated` where another tab has deleted the store, or has a later version of it; or
 * `not_kept` where the store has failed. `message`: a sentence for people. A connection that broke has none
 * of them; `reason` is also absent where neither the server nor the close code gives a word.
 */
export type ConnectionState =
  | { readonly is: "connecting" }
  | { readonly is: "open" }
  | {
      readonly is: "waiting";
      readonly until: number;
      readonly code?: number | undefined;
      readonly reason?: string | undefined;
      readonly message?: string | undefined;
    }
  | { readonly is: "stopped"; readonly code: number; readonly reason?: string | undefined; readonly message: string };

/** Gives a fresh token. */
export type Renew = () => Promise<string | undefined>;

/**
 * What the owner of a connection is notified of. `down` is null for a frame that this version does not know;
 * `textEnded` follows the last frame of each text of `units` UTF-16 units.
 */
export interface ConnectionEvents {
  state(state: ConnectionState): void;
  frame(value: unknown, down: Down | null): void;
  textEnded(units: number): void;
}

type Timer = ReturnType<typeof setTimeout>;

/** Not started yet; shown as connecting. */
interface Idle {
  readonly is: "idle";
}

interface Connecting {
  readonly is: "connecting";
  readonly socket: LiveSocket;
}

interface Open {
  readonly is: "open";
  readonly socket: LiveSocket;
  /** Runs until the token has to be renewed. */
  renewal?: Timer;
}

interface Waiting {
  readonly is: "waiting";
  /** Before this time only the user may begin another attempt. */
  readonly notBefore: number;
  readonly retry: Timer;
}

type Stopped = Extract<ConnectionState, { is: "stopped" }>;

/** Each phase has its own timers and its own socket. The state that the owner sees is the phase without them. */
type Phase = Idle | Connecting | Open | Waiting | Stopped;

/** The token is missing, wrong or expired: another one may do. */
const UNAUTHORIZED = 4401;
/** A newer connection of this device took over. */
const REPLACED = 4409;
/** Only this side ends with this code; then not even `start` begins again. */
const ENDED = 1000;

/** A token is renewed after this share of its time, and not sooner than this. */
const RENEW_SHARE = 0.8;
const MIN_RENEWAL_MS = 1_000;
/**
 * A server up to 0.3 may handle an abandoned attempt late, as the newer connection of this device, within this time
 * after the next attempt succeeded; and ms until the client connects again after that.
 */
const LATE_ATTEMPT_MS = 10_000;
const OWN_RIVAL_MS = 30_000;

export class Connection {
  readonly #addressOf: () => Promise<ServerAddress>;
  readonly #renew: Renew | null;
  readonly #events: ConnectionEvents;
  readonly #backOff = new BackOff();
  #phase: Phase = { is: "idle" };
  /** Whether an attempt since the last welcome broke before its own: the server may still handle it. */
  #isAbandoned = false;
  /** Until when this client may be its own rival. */
  #doubtUntil = 0;
  #state: ConnectionState = { is: "connecting" };

  /**
   * `addressOf` is called before every attempt: the cursor in the address moves. `renew` is null where the token is
   * always the same.
   */
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
    if ("socket" in last || (last.is === "stopped" && last.code === ENDED)) return;
    const socket = new LiveSocket({
      text: (text) => this.#receive(socket, text),
      lost: (code, reason) => this.lost(readClose(code, reason)),
    });
    this.#enter({ is: "connecting", socket }, { is: "connecting" });
    this.#addressOf().then(
      (address) => socket.connect(address),
      () => {
        if (!socket.isClosed) this.lost();
      },
    );
  }

  /**
   * The network may have changed: a waiting connection tries now, unless the server has asked for a longer pause; an open
   * one has to show that it lives.
   */
  check(): void {
    if (this.#phase.is === "waiting" && Date.now() >= this.#phase.notBefore) this.start();
    else if (this.#phase.is === "open") this.#phase.socket.probe();
  }

  /** Sends a text; nothing where the connection is not open. */
  send(text: string): void {
    if (this.#phase.is === "open") this.#phase.socket.send(text);
  }

  /** Resolves when the present connection is closed on both sides, with everything that was sent. */
  left(): Promise<void> | undefined {
    return this.#phase.is === "open" ? this.#phase.socket.left() : undefined;
  }

  /**
   * The connection is over. The close code decides whether another attempt follows, at the earliest after `retryAfter`
   * ms. A server that says the word of a close knows the order of attempts: there, `replaced` is always a rival.
   */
  lost(close: Close = {}): void {
    const now = Date.now();
    const why = completeClose(close);
    const { code = 0, reason, message = "" } = why;
    const isOwnRival = code === REPLACED && close.reason === undefined && now < this.#doubtUntil;
    if (!isOwnRival && (isFinal(code) || (code === UNAUTHORIZED && this.#renew === null)))
      return this.end(message, reason, code);
    this.#isAbandoned ||= code === 0 && this.#phase.is === "connecting";
    const pause = isOwnRival ? OWN_RIVAL_MS : (close.retryAfter ?? 0);
    const delay = Math.min(pause + this.#backOff.delay(now), MAX_TIMER_MS);
    this.#enter(
      { is: "waiting", notBefore: now + pause, retry: setTimeout(() => this.start(), delay) },
      { is: "waiting", until: now + delay, ...why },
    );
  }

  /** Ends it: without a code for good, from this side. */
  end(message: string, reason?: string, code = ENDED): void {
    const stopped: Stopped = { is: "stopped", code, reason, message };
    this.#enter(stopped, stopped);
  }

  /** Ends the present phase with its timers and its socket, and begins the next one. */
  #enter(phase: Phase, state: ConnectionState): void {
    const last = this.#phase;
    this.#phase = phase;
    this.#state = state;
    if (last.is === "waiting") clearTimeout(last.retry);
    if (last.is === "open") clearTimeout(last.renewal);
    if ("socket" in last && phase.is !== "open") last.socket.close();
    this.#events.state(state);
  }

  #receive(socket: LiveSocket, text: string): void {
    const value = parseJson(text);
    for (const frame of Array.isArray(value) ? value : [value]) {
      const down = readDown(frame);
      if (down?.type === "closing") this.lost(down);
      else this.#events.frame(frame, down);
      // Lost by this frame, or by its receiver.
      if (socket.isClosed) return;
      if (down?.type === "welcome") this.#opened(socket);
      if (down?.type === "welcome" || down?.type === "token") this.#renewBefore(this.#phase, down.expires);
    }
    this.#events.textEnded(text.length);
  }

  #opened(socket: LiveSocket): void {
    this.#backOff.opened();
    if (this.#isAbandoned) this.#doubtUntil = Date.now() + LATE_ATTEMPT_MS;
    this.#isAbandoned = false;
    socket.opened();
    this.#enter({ is: "open", socket }, { is: "open" });
  }

  /**
   * Presents a fresh token in time. Where the clocks differ too much, the server closes and the next connection has
   * one.
   */
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
