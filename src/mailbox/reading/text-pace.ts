// The size of the texts to one connection: what its link carries in two seconds, as its acks show. It knows sizes and
// times alone.
import { FIRST_TEXT_BYTES, MAX_TEXT_BYTES, TEXT_MS } from "../../protocol/limits.ts";

export class TextPace {
  /** UTF-8 bytes of a text, at most; a larger frame is a text by itself. */
  textBytes: number = FIRST_TEXT_BYTES;
  /** What was acknowledged since then, ms of any clock. */
  #acked = 0;
  #since = Infinity;

  /** Something is sent, and nothing was under way. */
  begin(now: number): void {
    this.#acked = 0;
    this.#since = now;
  }

  /** Bytes were acknowledged. Far fewer than a first text show only how little was sent. */
  acknowledge(bytes: number, now: number): void {
    // This instance has not sent them, or the clock went backwards.
    if (now < this.#since) return this.begin(now);
    this.#acked += bytes;
    if (this.#acked < FIRST_TEXT_BYTES / 2) return;
    const elapsed = Math.max(1, now - this.#since);
    const carried = Math.floor((this.#acked / elapsed) * TEXT_MS);
    this.textBytes = Math.min(Math.max(carried, FIRST_TEXT_BYTES), MAX_TEXT_BYTES);
    if (elapsed > 2 * TEXT_MS) this.#forget(now, elapsed);
  }

  /** What was before counts as much as one text: a link gets slower, or faster. */
  #forget(now: number, elapsed: number): void {
    this.#acked *= TEXT_MS / elapsed;
    this.#since = now - TEXT_MS;
  }
}
