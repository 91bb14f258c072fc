// How long a call may take. Nearly every one is answered within a moment, so those alone that are not have a timer each.
import { Debounce } from "../debounce.ts";

/** Calls begun within so many ms are looked at together. */
const POLL_MS = 250;

/** A call without an answer for so many ms is given up. Should it land later, the receiver's numbers deal with it. */
const GIVE_UP_MS = 30_000;

/** Slow calls that are waited for, and the UTF-16 units that they have read from disk; beyond, the oldest is given up. Answers: memory for thousands of receivers that do not answer. */
const MAX_SLOW_CALLS = 512;
const MAX_SLOW_UNITS = 8_000_000;

interface Slow {
  readonly units: number;
  giveUp(): void;
}

export class CallTimeout {
  readonly #ms: number;
  /** The oldest first. */
  readonly #slow = new Set<Slow>();
  #slowUnits = 0;
  /** Of each call without a timer: what starts one. */
  readonly #young = new Set<() => void>();
  readonly #moment = new Debounce(POLL_MS, () => {
    for (const arm of this.#young) arm();
    this.#young.clear();
  });

  /** Of so many ms; one shorter than a moment is as long as that. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /**
   * What `call` resolves with. `slow` is called when it takes longer than that; rejects when it takes far too long, or when too many do.
   * `units`: what it keeps in memory.
   */
  run<T>(call: Promise<T>, slow: () => void, units = 0): Promise<T> {
    const began = Date.now();
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | null = null;
      const late = { units, giveUp: () => reject(new Error("too many calls have no answer")) };
      // From its beginning on; where the clock was set back meanwhile, from now on.
      const after = (ms: number, act: () => void) => (timer = setTimeout(act, Math.min(ms, began + ms - Date.now())));
      const arm = () =>
        after(this.#ms, () => {
          after(GIVE_UP_MS, () => reject(new Error(`no answer within ${GIVE_UP_MS} ms`)));
          this.#add(late);
          slow();
        });
      this.#young.add(arm);
      this.#moment.schedule();
      call.then(resolve, reject).finally(() => {
        if (this.#young.delete(arm)) return;
        clearTimeout(timer);
        this.#delete(late);
      });
    });
  }

  #add(late: Slow): void {
    this.#slow.add(late);
    this.#slowUnits += late.units;
    for (const oldest of this.#slow) {
      if (oldest === late || (this.#slow.size <= MAX_SLOW_CALLS && this.#slowUnits <= MAX_SLOW_UNITS)) return;
      this.#delete(oldest);
      oldest.giveUp();
    }
  }

  #delete(late: Slow): void {
    if (this.#slow.delete(late)) this.#slowUnits -= late.units;
  }
}
