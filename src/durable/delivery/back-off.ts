// When a call counts as slow, and when a failed one is tried again.

export interface RetryTimes {
  /** After this time without a reply a call is slow, and its messages are answered `queued`. */
  readonly slowMs: number;
  /** The shortest and the longest time before the next try. */
  readonly shortestMs: number;
  readonly longestMs: number;
}

export const RETRY_TIMES: RetryTimes = { slowMs: 2_000, shortestMs: 500, longestMs: 300_000 };

/**
 * The next try comes after this share of the time that the oldest message has waited: exponential, and it needs no
 * counter.
 */
const BACK_OFF = 0.25;

/**
 * Ms until the next try, where the oldest message has waited for `waitedMs`. With jitter, so that queues don't retry in
 * step.
 */
export function retryDelayMs({ shortestMs, longestMs }: RetryTimes, waitedMs: number): number {
  const delay = Math.min(longestMs, Math.max(shortestMs, waitedMs * BACK_OFF));
  return Math.round(delay * (0.75 + Math.random() / 2));
}
