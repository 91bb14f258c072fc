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
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = () => reject(reasonOf(signal));
      signal?.addEventListener("abort", stop);
      const late = () =>
        reject(new RestanteError("timeout", `There was no answer within ${Math.round(timeoutMs ?? 0)} ms.`));
      if (timeoutMs !== undefined) timer = setTimeout(late, Math.min(timeoutMs, MAX_TIMER_MS));
      Promise.resolve(work(inner.signal)).then(resolve, reject);
    });
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
