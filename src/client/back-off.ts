// How long to wait before the next attempt to connect. It knows times; no socket and no timer.

/** The longest random delay is this share of the time since the connection was lost, within these bounds. */
const SHARE = 1 / 4;
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 20_000;
/** The longest time that `setTimeout` can wait: a longer one would end at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
/** After a connection that was open for longer, the back-off starts again. */
const STABLE_MS = 5_000;

export class BackOff {
  /** Since when there has been no stable connection. */
  #lostAt: number | null = null;
  #openedAt: number | null = null;

  /** A connection is open. */
  opened(): void {
    this.#openedAt = Date.now();
  }

  /** The connection, or an attempt, failed at `now`. Ms until the next attempt, with full jitter. */
  delay(now: number): number {
    if (this.#openedAt !== null && now - this.#openedAt > STABLE_MS) this.#lostAt = null;
    this.#openedAt = null;
    this.#lostAt ??= now;
    return Math.random() * Math.min(Math.max((now - this.#lostAt) * SHARE, MIN_DELAY_MS), MAX_DELAY_MS);
  }
}
