// How long to wait before the next attempt to connect. It knows times; no socket and no timer.
import { monotonicMs } from "./clock.ts";
import type { Times } from "./timing.ts";

/** The longest random delay is this share of the time since the connection was lost, within the bounds of `Times`. */
const SHARE = 1 / 4;
/** After a connection that was open for longer, the back-off starts again. */
const STABLE_MS = 5_000;

export class BackOff {
  readonly #times: Times;
  /** Since when there has been no stable connection. */
  #lostAt: number | null = null;
  #openedAt: number | null = null;

  constructor(times: Times) {
    this.#times = times;
  }

  /** A connection is open. */
  opened(): void {
    this.#openedAt = monotonicMs();
  }

  /** The connection, or an attempt, has failed now. Ms until the next attempt, with full jitter. */
  delay(): number {
    const { minRetryMs, maxRetryMs } = this.#times;
    const now = monotonicMs();
    if (this.#openedAt !== null && now - this.#openedAt > STABLE_MS) this.#lostAt = null;
    this.#openedAt = null;
    this.#lostAt ??= now;
    return Math.random() * Math.min(Math.max((now - this.#lostAt) * SHARE, minRetryMs), maxRetryMs);
  }
}
