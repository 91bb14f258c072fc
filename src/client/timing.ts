// The times of a client that an application may change. It knows numbers only.

/** Times, in ms. */
export interface Timing {
  /** Without any text for this time, the client sends a ping: 20,000. */
  readonly quietMs?: number | undefined;
  /** The first text of a connection, and any text after a ping, have to come within this time: 8,000. */
  readonly answerMs?: number | undefined;
  /** The same where the network may have changed: 3,000. */
  readonly probeMs?: number | undefined;
  /** An HTTP request ends within this time: 30,000. */
  readonly requestMs?: number | undefined;
  /** A token function returns a token within this time: 30,000. */
  readonly tokenMs?: number | undefined;
  /** The back-off is a random time: at first below this: 1,000. */
  readonly minRetryMs?: number | undefined;
  /** And never above this: 20,000. */
  readonly maxRetryMs?: number | undefined;
}

/** All times. */
export type Times = { readonly [Name in keyof Timing]-?: number };

const DEFAULTS: Times = {
  quietMs: 20_000,
  answerMs: 8_000,
  probeMs: 3_000,
  requestMs: 30_000,
  tokenMs: 30_000,
  minRetryMs: 1_000,
  maxRetryMs: 20_000,
};

/** The longest time that `setTimeout` can wait: a longer one would end at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** All times, with the defaults for those that are not given. Throws a TypeError for one that is no time. */
export function timesOf(timing: Timing = {}): Times {
  const times: Record<string, number> = { ...DEFAULTS };
  for (const [name, ms] of Object.entries(timing)) {
    if (ms === undefined) continue;
    if (!(ms > 0)) throw new TypeError(`timing.${name} is a number of ms, above 0.`);
    times[name] = Math.min(ms, MAX_TIMER_MS);
  }
  return times as Times;
}
