// The work of a mailbox that no message is made of, summed up to decide when the mailbox pauses. It pauses nothing
// itself.
import { PAUSE } from "../../protocol/limits.ts";

export class EventLoad {
  /** The price of the work since the last pause, and when the latest of it was done, ms since 1970. */
  #price = 0;
  #at = 0;

  /** Adds work of this price. True if a pause is due; then the sum begins anew. */
  add(price: number): boolean {
    const now = Date.now();
    this.#price = price + (now - this.#at < PAUSE.RESET_MS ? this.#price : 0);
    this.#at = now;
    const isPauseDue = this.#price >= PAUSE.PRICE;
    if (isPauseDue) this.#price = 0;
    return isPauseDue;
  }
}
