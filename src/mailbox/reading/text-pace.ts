// The size of the texts to one connection: what its link carries in two seconds, as its acks show. It knows sizes and
// times alone.
import { FIRST_TEXT_BYTES, MAX_TEXT_BYTES, TEXT_MS } from "../../protocol/limits.ts";

/** Bytes whose acks show how fast a link is. */
const LEAST_BYTES = FIRST_TEXT_BYTES / 2;

export class TextPace {
  /** UTF-8 bytes of a text, at most; a larger frame is a text by itself. */
  textBytes: number = FIRST_TEXT_BYTES;
  /** Bytes that were acknowledged of what was sent since then, ms of any clock; negative until what was before is. */
  #acked = 0;
  #since = Infinity;

  /**
   * Something is sent while `underWay` bytes are under way. Far fewer than a first text leave the link idle most of the
   * time: how long their acks take shows how little is sent.
   */
  recordSend(underWay: number, now: number): void {
    if (underWay < LEAST_BYTES) this.#begin(now, -underWay);
  }

  /** Bytes were acknowledged. Far fewer than a first text show only how little was sent. */
  acknowledge(bytes: number, now: number): void {
    // This instance has not sent them, or the clock went backwards.
    if (now < this.#since) return this.#begin(now);
    this.#acked += bytes;
    if (this.#acked < LEAST_BYTES) return;
    const elapsed = Math.max(1, now - this.#since);
    const carried = Math.floor((this.#acked / elapsed) * TEXT_MS);
    this.textBytes = Math.min(Math.max(carried, FIRST_TEXT_BYTES), MAX_TEXT_BYTES);
    if (elapsed > 2 * TEXT_MS) this.#forget(now, elapsed);
  }

  #begin(now: number, acked = 0): void {
    this.#acked = acked;
    this.#since = now;
  }

  /** What was before counts as much as one text: a link gets slower, or faster. */
  #forget(now: number, elapsed: number): void {
    this.#acked *= TEXT_MS / elapsed;
    this.#since = now - TEXT_MS;
  }
}
