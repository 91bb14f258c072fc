// The queues that may have a call to make, in order, and how many calls are under way. It decides which queue may call
// now; it knows neither how, nor what is delivered.
import type { CallBudget } from "../call-budget.ts";
import { Debounce } from "../debounce.ts";
import type { ReceiverQueue } from "./receiver-queue.ts";

/** Calls under way that are not slow yet. Answers: a sender with thousands of receivers, each call of some 40 KiB. */
const MAX_CALLS = 512;

/**
 * UTF-16 units that these calls have read from disk, about. Answers: thousands of receivers that have been away for
 * long.
 */
const MAX_LOADED_UNITS = 8_000_000;

export class ReadyQueues<Queue extends ReceiverQueue> {
  readonly #budget: CallBudget;
  readonly #slowMs: number;
  readonly #ready = new Set<Queue>();
  /** The queues with a call under way that is not slow, and what each call has read from disk. */
  readonly #calling = new Map<Queue, number>();
  #loadedUnits = 0;
  /** Since when a queue waits for another event, ms since 1970; null: none does. */
  heldSince: number | null = null;
  readonly #check: Debounce;

  /**
   * `onLate` is called with the queues that have waited for their call to begin for as long as a slow call waits for a
   * reply.
   */
  constructor(budget: CallBudget, slowMs: number, onLate: (queues: readonly Queue[]) => void) {
    this.#budget = budget;
    this.#slowMs = slowMs;
    this.#check = new Debounce(slowMs / 2, () => {
      const late = this.#acceptedBefore(Date.now() - this.#slowMs);
      if (late.length > 0) onLate(late);
      else this.watch();
    });
  }

  /** Checks later whether a queue has waited for too long. */
  watch(): void {
    if (this.#ready.size > 0) this.#check.schedule();
  }

  add(queue: Queue): void {
    this.#ready.add(queue);
  }

  /** The next queue: one that is empty, or one whose call begins now. Undefined: no further call may begin. */
  next(): Queue | undefined {
    const [queue] = this.#ready;
    if (queue !== undefined && !queue.isEmpty) {
      // The end of any call starts the next one.
      if (this.#calling.size >= MAX_CALLS || this.#loadedUnits >= MAX_LOADED_UNITS) return undefined;
      if (!this.#budget.take()) {
        this.heldSince ??= Date.now();
        return undefined;
      }
      this.#calling.set(queue, 0);
    }
    if (queue === undefined) this.heldSince = null;
    else this.#ready.delete(queue);
    return queue;
  }

  /** The call of this queue has read its `loadedUnits` from disk. */
  loaded(queue: Queue): void {
    this.#calling.set(queue, queue.loadedUnits);
    this.#loadedUnits += queue.loadedUnits;
  }

  /** The call has ended, or is slow: then call-timeout.ts counts it. */
  left(queue: Queue): void {
    this.#loadedUnits -= this.#calling.get(queue) ?? 0;
    this.#calling.delete(queue);
  }

  /**
   * The queues whose oldest message was accepted at or before `at`, ms since 1970, and whose senders have no answer
   * yet.
   */
  #acceptedBefore(at: number): Queue[] {
    return [...this.#ready].filter(
      ({ retryAt, unsettled }) => retryAt === null && (unsettled[0]?.at ?? Infinity) <= at,
    );
  }
}
