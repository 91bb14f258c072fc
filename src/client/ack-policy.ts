// Which seq is acknowledged, and when: what the store has and the application has taken. It knows no frame but its own.
import type { Connection } from "./connection.ts";

/** Ms between two acks while the application is still taking what was shown. */
const ACK_INTERVAL_MS = 200;

export class AckPolicy {
  readonly #connection: Connection;
  readonly #takenUpTo: () => number;
  /** The seq up to which the store has everything, and the one that was acknowledged. */
  #storedUpTo: number;
  #ackedUpTo = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, storedUpTo: number, takenUpTo: () => number) {
    this.#connection = connection;
    this.#storedUpTo = storedUpTo;
    this.#takenUpTo = takenUpTo;
  }

  /** The seq that can be acknowledged now. */
  get seq(): number {
    return Math.min(this.#storedUpTo, this.#takenUpTo());
  }

  /** A connection begins: connecting with a cursor acknowledges it. */
  begin(isSameEpoch: boolean): void {
    if (!isSameEpoch) this.#storedUpTo = 0;
    this.#ackedUpTo = this.seq;
  }

  /** The store has everything up to the cursor of a commit. */
  setStored(cursor: number | null | undefined): void {
    this.#storedUpTo = cursor ?? this.#storedUpTo;
  }

  /**
   * Sends an ack of everything that can be acknowledged: at once where nothing is left to take, otherwise once an
   * interval.
   */
  send(): void {
    const { seq } = this;
    const isBehind = seq < this.#storedUpTo;
    if (this.#connection.state.is !== "open" || seq <= this.#ackedUpTo) return;
    if (isBehind && this.#timer !== undefined) return;
    this.stop();
    this.#ackedUpTo = seq;
    this.#connection.send(`{"type":"ack","seq":${seq}}`);
    if (isBehind) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.send();
      }, ACK_INTERVAL_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
