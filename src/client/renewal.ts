// Presents a fresh token before the last one expires, and notices when there is none in time. It knows times and the
// caller's function; no frame and no socket.
import { monotonicMs, type Timer } from "./clock.ts";
import { MAX_TIMER_MS } from "./timing.ts";
import type { WaitOptions } from "./wait.ts";

/** Gives a fresh token. */
export type Renew = (wait: WaitOptions) => Promise<string | undefined>;

/** A token is renewed after this share of its time, and not sooner than this. */
const RENEW_SHARE = 0.8;
const MIN_RENEWAL_MS = 1_000;
/**
 * Ms between two renewals where this device does not know when the token expires. Answers: a clock that is ahead by more
 * than the life of each token, which would ask for one each second.
 */
const UNKNOWN_RENEWAL_MS = 60_000;

export class Renewal {
  readonly #renew: Renew;
  readonly #present: (token: string) => void;
  readonly #expired: (why: unknown) => void;
  #expiresAt = 0;
  /** A token that had expired when it was accepted shows that the clocks differ: then only the server knows. */
  #isKnown = false;
  #timer: Timer | undefined;
  #abort = new AbortController();

  /** `expired` is called, with the error, where the token has expired and the function has failed to give another. */
  constructor(renew: Renew, present: (token: string) => void, expired: (why: unknown) => void) {
    this.#renew = renew;
    this.#present = present;
    this.#expired = expired;
  }

  /** The token of the connection expires then, in ms since 1970 by the server's clock. */
  begin(expires: number): void {
    this.stop();
    const leftMs = expires - Date.now();
    this.#expiresAt = monotonicMs() + leftMs;
    this.#isKnown = leftMs > 0;
    this.#schedule(leftMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #schedule(leftMs: number): void {
    const minMs = this.#isKnown ? MIN_RENEWAL_MS : UNKNOWN_RENEWAL_MS;
    const delay = Math.min(Math.max(leftMs * RENEW_SHARE, minMs), MAX_TIMER_MS);
    this.#timer = setTimeout(() => void this.#ask(), delay);
  }

  async #ask(): Promise<void> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const timeoutMs = this.#isKnown ? Math.max(this.#expiresAt - monotonicMs(), 1) : undefined;
    try {
      const token = await this.#renew({ signal, timeoutMs });
      if (token !== undefined && !signal.aborted) this.#present(token);
    } catch (error) {
      if (signal.aborted) return;
      const leftMs = this.#expiresAt - monotonicMs();
      if (!this.#isKnown || leftMs > MIN_RENEWAL_MS) this.#schedule(leftMs);
      else if (leftMs >= 1) this.#timer = setTimeout(() => this.#expired(error), leftMs);
      else this.#expired(error);
    }
  }
}
