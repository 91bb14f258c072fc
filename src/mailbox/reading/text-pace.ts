// The size of the texts of one connection: what its link carries in two seconds, as its acks show. It knows sizes and
// times alone.
import { LIMITS, TEXT_PACE } from "../../protocol/limits.ts";

export class TextPace {
  /** UTF-8 bytes of a text, at most; a larger frame is a text by itself. */
  textBytes: number = TEXT_PACE.FIRST_BYTES;
  /** What was acknowledged since then, ms since 1970. */
  #acked = 0;
  #since = Infinity;

  /** Log frames leave, and nothing was under way. */
  begin(now: number): void {
    this.#acked = 0;
    this.#since = now;
  }

  /** Bytes of log frames were acknowledged. Fewer than a first text show only how little was sent. */
  acknowledge(bytes: number, now: number): void {
    // This instance has not sent them, or the clock went backwards.
    if (now < this.#since) return this.begin(now);
    this.#acked += bytes;
    if (this.#acked < TEXT_PACE.FIRST_BYTES) return;
    const elapsed = Math.max(1, now - this.#since);
    const carried = Math.floor((this.#acked / elapsed) * TEXT_PACE.MS);
    this.textBytes = Math.min(Math.max(carried, TEXT_PACE.FIRST_BYTES), LIMITS.textBytes);
    if (elapsed > 2 * TEXT_PACE.MS) this.#forget(now, elapsed);
  }

  /** What was before counts as much as one text: a link gets slower, or faster. */
  #forget(now: number, elapsed: number): void {
    this.#acked *= TEXT_PACE.MS / elapsed;
    this.#since = now - TEXT_PACE.MS;
  }
}
