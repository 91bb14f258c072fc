// Waiting that ends: with a result, after a time, or when the caller does not want it any more.
import type { Timer } from "./clock.ts";
import { RestanteError } from "./errors.ts";
import { MAX_TIMER_MS } from "./timing.ts";

/** When to stop waiting: when `signal` is aborted, or after `timeoutMs`. By default neither. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * What `work` resolves with. Rejects with the signal's reason when it is aborted, and with the code `timeout` after
 * `timeoutMs`. The signal of `work` is aborted when the waiting is over.
 */
export async function waitFor<T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  { signal, timeoutMs }: WaitOptions,
): Promise<T> {
  if (signal?.aborted) throw reasonOf(signal);
  const inner = new AbortController();
  let stop: () => void = () => undefined;
  let timer: Timer | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(reasonOf(signal));
    signal?.addEventListener("abort", stop);
    if (timeoutMs === undefined) return;
    const late = () => reject(new RestanteError("timeout", `There was no answer within ${Math.round(timeoutMs)} ms.`));
    timer = setTimeout(late, Math.min(timeoutMs, MAX_TIMER_MS));
  });
  try {
    return await Promise.race([work(inner.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    inner.abort();
  }
}

/** Why a signal was aborted. React Native's signals have no `reason`. */
function reasonOf(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new RestanteError("aborted", "The caller aborted it.");
}
