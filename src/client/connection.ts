// One connection after another to one mailbox: opening, back-off, and when to stop for good.
// It reads the frames that are about the connection itself and passes all others on; it knows no message, no id and no
// cursor.
import { type Down, readDown } from "../protocol/down.ts";
import { parseJson } from "../protocol/json.ts";
import { BackOff } from "./back-off.ts";
import { monotonicMs, type Timer } from "./clock.ts";
import { type Close, completeClose, isFinal, readClose } from "./close-reason.ts";
import { type ConnectionState, ENDED, type Stopped } from "./connection-state.ts";
import type { Debug } from "./debug.ts";
import { RestanteError } from "./errors.ts";
import { LiveSocket, type ServerAddress, type SocketOptions } from "./live-socket.ts";
import { Renewal, type Renew } from "./renewal.ts";
import { MAX_TIMER_MS } from "./timing.ts";

/**
 * What the owner of a connection is notified of. `down` is null for a frame that this version does not know;
 * `textEnded` follows the last frame of each text of `units` UTF-16 units.
 */
interface ConnectionEvents {
  state(state: ConnectionState): void;
  frame(value: unknown, down: Down | null): void;
  textEnded(units: number): void;
}

/** Not started yet; shown as connecting. */
interface Idle {
  readonly is: "idle";
}

interface Connecting {
  readonly is: "connecting";
  readonly socket: LiveSocket;
  /** Aborted when this attempt is over: the token function may still be running. */
  readonly abort: AbortController;
}

interface Open {
  readonly is: "open";
  readonly socket: LiveSocket;
}

interface Waiting {
  readonly is: "waiting";
  /** Before this monotonic time only the user may begin another attempt. */
  readonly notBefore: number;
  readonly retry: Timer;
}

/** Each phase has its own timers and its own socket. The state that the owner sees is the phase without them. */
type Phase = Idle | Connecting | Open | Waiting | Stopped;

/** The token is missing, wrong or expired: another one may do. */
const UNAUTHORIZED = 4401;
/** A newer connection of this device took over. */
const REPLACED = 4409;
/**
 * A server up to 0.3 may handle an abandoned attempt late, as the newer connection of this device, within this time
 * after the next attempt succeeded; and ms until the client connects again after that.
 */
const LATE_ATTEMPT_MS = 10_000;
const OWN_RIVAL_MS = 30_000;

/** What a connection works with. */
export interface ConnectionOptions extends SocketOptions {
  readonly debug: Debug | undefined;
}

/** The address of one attempt. Rejects with a `RestanteError` where there is no token. */
type AddressOf = (signal: AbortSignal) => Promise<ServerAddress>;

export class Connection {
  readonly #addressOf: AddressOf;
  readonly #renewal: Renewal | null;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #backOff: BackOff;
  #phase: Phase = { is: "idle" };
  /** Whether an attempt since the last welcome broke before its own: the server may still handle it. */
  #isAbandoned = false;
  /** Until when this client may be its own rival, in monotonic time. */
  #doubtUntil = -Infinity;
  /** Whether this side has ended it for good. */
  #hasEnded = false;
  #state: ConnectionState = { is: "connecting" };

  /**
   * `addressOf` is called before every attempt: the cursor in the address moves. `renew` is null where the token is
   * always the same.
   */
  constructor(addressOf: AddressOf, renew: Renew | null, options: ConnectionOptions, events: ConnectionEvents) {
    this.#addressOf = addressOf;
    const present = (token: string) => this.send(JSON.stringify({ type: "token", token }), `{"type":"token"}`);
    this.#renewal = renew && new Renewal(renew, present, (error) => this.#fail(error));
    this.#options = options;
    this.#events = events;
    this.#backOff = new BackOff(options.times);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whether it waits or was stopped by the server. */
  start(): void {
    const last = this.#phase;
    if ("socket" in last || this.#hasEnded) return;
    const socket = new LiveSocket(this.#options, {
      text: (text) => this.#receive(socket, text),
      lost: (code, reason) => this.lost(readClose(code, reason)),
    });
    const abort = new AbortController();
    this.#enter({ is: "connecting", socket, abort }, { is: "connecting" });
    this.#addressOf(abort.signal)
      .then((address) => {
        this.#options.debug?.({ what: "connecting", url: address.url });
        socket.connect(address);
      })
      .catch((error: unknown) => {
        if (!socket.isClosed) this.#fail(error);
      });
  }

  /**
   * The network may have changed: a waiting connection tries now, unless the server has asked for a longer pause; an open
   * one has to show that it lives.
   */
  check(): void {
    if (this.#phase.is === "waiting" && monotonicMs() >= this.#phase.notBefore) this.start();
    else if (this.#phase.is === "open") this.#phase.socket.probe();
  }

  /** Sends a text; nothing where the connection is not open. `shown`: without what nobody else should read. */
  send(text: string, shown = text): void {
    if (this.#phase.is !== "open") return;
    this.#options.debug?.({ what: "sent", text: shown });
    this.#phase.socket.send(text);
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
    const why = completeClose(close);
    const { code = 0, reason, message = "" } = why;
    const isOwnRival = code === REPLACED && close.reason === undefined && monotonicMs() < this.#doubtUntil;
    if (!isOwnRival && (isFinal(code) || (code === UNAUTHORIZED && this.#renewal === null)))
      return this.#stop({ is: "stopped", code, reason, message });
    this.#isAbandoned ||= code === 0 && why.error === undefined && this.#phase.is === "connecting";
    const pause = isOwnRival ? OWN_RIVAL_MS : (close.retryAfter ?? 0);
    const delay = Math.min(pause + this.#backOff.delay(), MAX_TIMER_MS);
    this.#enter(
      { is: "waiting", notBefore: monotonicMs() + pause, retry: setTimeout(() => this.start(), delay) },
      { is: "waiting", until: Math.ceil(Date.now() + delay), ...why },
    );
  }

  /** Ends it for good, from this side. */
  end(message: string, reason: string): void {
    this.#hasEnded = true;
    this.#stop({ is: "stopped", code: ENDED, reason, message });
  }

  #stop(stopped: Stopped): void {
    this.#enter(stopped, stopped);
  }

  /** There is no token, or no socket. Only a failed function may do better at the next attempt. */
  #fail(thrown: unknown): void {
    const error = thrown instanceof RestanteError ? thrown : new RestanteError("internal", String(thrown));
    const { code: reason, message } = error;
    if (reason === "bad_token" || reason === "socket_failed")
      this.#stop({ is: "stopped", code: ENDED, reason, message, error });
    else this.lost({ reason, message, error });
  }

  /** Ends the present phase with its timers and its socket, and begins the next one. */
  #enter(phase: Phase, state: ConnectionState): void {
    const last = this.#phase;
    this.#phase = phase;
    this.#state = state;
    if (last.is === "waiting") clearTimeout(last.retry);
    if (last.is === "connecting") last.abort.abort();
    if (last.is === "open") this.#renewal?.stop();
    if ("socket" in last && phase.is !== "open") last.socket.close();
    this.#options.debug?.({ what: "connection", state });
    this.#events.state(state);
  }

  #receive(socket: LiveSocket, text: string): void {
    this.#options.debug?.({ what: "received", text });
    const value = parseJson(text);
    for (const frame of Array.isArray(value) ? value : [value]) {
      const down = readDown(frame);
      if (down?.type === "closing") this.lost(down);
      else this.#events.frame(frame, down);
      // Lost by this frame, or by its receiver.
      if (socket.isClosed) return;
      if (down?.type === "welcome") this.#opened(socket);
      const { expires } = down?.type === "welcome" || down?.type === "token" ? down : {};
      // A listener may have ended it.
      if (expires !== undefined && this.#phase.is === "open") this.#renewal?.begin(expires);
    }
    this.#events.textEnded(text.length);
  }

  #opened(socket: LiveSocket): void {
    this.#backOff.opened();
    if (this.#isAbandoned) this.#doubtUntil = monotonicMs() + LATE_ATTEMPT_MS;
    this.#isAbandoned = false;
    socket.opened();
    this.#enter({ is: "open", socket }, { is: "open" });
  }
}
