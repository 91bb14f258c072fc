// The lanes that may have something to start, in their order, and how many of their calls are under way. It says who may call now; it
// knows neither how, nor what is called.
import type { CallBudget } from "../../durable/call-budget.ts";
import type { PeerQueue } from "./peer-queue.ts";
import { Debounce } from "../../durable/debounce.ts";

/** Calls under way that are not slow yet. Answers: a mailbox that writes to thousands, each call of some 40 KiB. */
const UNDER_WAY = 512;

/** UTF-16 units that these calls have read from disk, about. Answers: thousands of receivers that have been away for long. */
const LOADED_UNITS = 8_000_000;

export class ReadyQueues {
  readonly #budget: CallBudget;
  readonly #lanes = new Set<PeerQueue>();
  /** Each with what it has read. */
  readonly #underWay = new Map<PeerQueue, number>();
  #loaded = 0;
  /** Since when a lane waits for another event, ms since 1970; null where none does. */
  heldSince: number | null = null;

  readonly #patienceMs: number;
  readonly #look: Debounce;

  /** `late` is called with the lanes that have waited for a call to begin for as long as for an answer. */
  constructor(budget: CallBudget, patienceMs: number, late: (lanes: readonly PeerQueue[]) => void) {
    this.#budget = budget;
    this.#patienceMs = patienceMs;
    this.#look = new Debounce(patienceMs / 2, () => {
      const found = this.#lateBefore(Date.now() - this.#patienceMs);
      if (found.length > 0) late(found);
      else this.watch();
    });
  }

  /** Looks at those that wait, after a while. */
  watch(): void {
    if (this.#lanes.size > 0) this.#look.schedule();
  }

  add(lane: PeerQueue): void {
    this.#lanes.add(lane);
  }

  /** Those whose devices have waited for an answer since `at`, ms since 1970, or for longer. */
  #lateBefore(at: number): PeerQueue[] {
    return [...this.#lanes].filter(
      ({ retryAt: due, unsettled: owed }) => due === null && (owed[0]?.at ?? Infinity) <= at,
    );
  }

  /** The next lane that may go on now: one with nothing to do, or one whose call begins. */
  next(): PeerQueue | undefined {
    const [lane] = this.#lanes;
    if (lane !== undefined && !lane.isEmpty) {
      // The end of any call goes on with these.
      if (this.#underWay.size >= UNDER_WAY || this.#loaded >= LOADED_UNITS) return undefined;
      if (!this.#budget.take()) {
        this.heldSince ??= Date.now();
        return undefined;
      }
      this.#underWay.set(lane, 0);
    }
    if (lane === undefined) this.heldSince = null;
    else this.#lanes.delete(lane);
    return lane;
  }

  /** The call has read so much from disk. */
  loaded(lane: PeerQueue): void {
    this.#underWay.set(lane, lane.loadedUnits);
    this.#loaded += lane.loadedUnits;
  }

  /** The call is over, or slow; then it counts as such (patience.ts). */
  left(lane: PeerQueue): void {
    this.#loaded -= this.#underWay.get(lane) ?? 0;
    this.#underWay.delete(lane);
  }
}
