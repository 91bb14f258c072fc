// The queue for one peer: its unsettled messages, and the receipts that it has yet to be sent.
import type { BodiesInMemory } from "../../durable/delivery/bodies-in-memory.ts";
import { ReceiverQueue } from "../../durable/delivery/receiver-queue.ts";
import { UNSETTLED_IN_MEMORY } from "../log/recover.ts";
import { DueReceipts } from "./due-receipts.ts";

export class PeerQueue extends ReceiverQueue {
  readonly receipts = new DueReceipts();
  /** The next delivery asks for the peer's receipts again: a crash may have lost some since, ms since 1970; 0: no. */
  asksSince = 0;
  /**
   * Messages up to this seq may have been delivered before a restore, or numbered anew after it: their receiver is
   * asked to compare them.
   */
  comparesUpTo = 0;
  /**
   * Whether all of it was renumbered. Answers: a receiver that names ever higher numbers, and would be sent everything
   * again forever.
   */
  wasRenumbered = false;

  constructor(to: string, bodies: BodiesInMemory) {
    super(to, bodies, UNSETTLED_IN_MEMORY);
  }

  override get isEmpty(): boolean {
    return super.isEmpty && !this.hasMore;
  }

  /** Whether it has a reason to call beside messages. */
  get hasMore(): boolean {
    return this.asksSince > 0 || this.receipts.areDue;
  }

  override get waitingSince(): number {
    return this.unsettled[0]?.at ?? (this.receipts.areDue ? this.receipts.dueSince : this.asksSince);
  }
}
