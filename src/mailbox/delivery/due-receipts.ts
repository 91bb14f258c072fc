// The receipts that one peer has yet to be sent. They are watermarks in the peer's numbering: several receipts become
// one. The peer's row stores them as `owesDelivered` and `owesRead` where no other row would bring them back after a
// wake. It knows neither queues nor calls.
import type { Peer } from "../log/peers/peer.ts";

/**
 * The highest seq of the peer's that was delivered to a device of the user, and the highest that the user has read; 0
 * for none.
 */
export interface ReceiptMarks {
  readonly delivered: number;
  readonly read: number;
}

const NONE: ReceiptMarks = { delivered: 0, read: 0 };

export class DueReceipts {
  #due = NONE;
  #sent = NONE;
  /** When the oldest due receipt was added, ms since 1970; null: none is due, or it was added before the wake. */
  #since: number | null = null;
  /** Whether the peer's row was written with due receipts. */
  #isPersisted = false;

  /** Whether the peer lacks a receipt. */
  get areDue(): boolean {
    return this.#due.delivered > this.#sent.delivered || this.#due.read > this.#sent.read;
  }

  /** The marks that the next delivery brings the peer to. */
  get marks(): ReceiptMarks {
    return this.#due;
  }

  /** The fields of a delivery for the marks that the peer lacks. */
  get fields(): Partial<ReceiptMarks> {
    const { delivered, read } = this.#due;
    return { ...(delivered > this.#sent.delivered && { delivered }), ...(read > this.#sent.read && { read }) };
  }

  /**
   * When the oldest was added, ms since 1970. After a wake: about when the newest message that they confirm was
   * written, as a seq shows.
   */
  get dueSince(): number {
    return this.#since ?? Math.max(this.#due.delivered, this.#due.read) / 1_000;
  }

  add({ delivered = 0, read = 0 }: Partial<ReceiptMarks>): void {
    this.#due = { delivered: Math.max(this.#due.delivered, delivered), read: Math.max(this.#due.read, read) };
    this.#since ??= Date.now();
  }

  /** Those that the peer's row lists after a wake. */
  restore({ dueDelivered, dueRead }: Pick<Peer, "dueDelivered" | "dueRead">): void {
    this.#due = { delivered: dueDelivered, read: dueRead };
    this.#isPersisted = true;
  }

  /** Lists them in the peer's row. True if the row has changed. */
  persist(peer: Peer): boolean {
    this.#isPersisted = true;
    if (peer.dueDelivered === this.#due.delivered && peer.dueRead === this.#due.read) return false;
    peer.dueDelivered = this.#due.delivered;
    peer.dueRead = this.#due.read;
    return true;
  }

  /** The peer has these marks. True if its stored row still lists them as due, and nothing else will rewrite it. */
  markSent(peer: Peer, sent: ReceiptMarks): boolean {
    this.#sent = sent;
    if (!this.areDue) this.#since = null;
    if (peer.dueDelivered > sent.delivered || peer.dueRead > sent.read) return false;
    const isStale = this.#isPersisted && (peer.dueDelivered > 0 || peer.dueRead > 0);
    peer.dueDelivered = 0;
    peer.dueRead = 0;
    return isStale;
  }

  /** The peer is sent none of them: its mailbox is another one now. */
  discard(): void {
    this.#due = this.#sent;
  }
}
