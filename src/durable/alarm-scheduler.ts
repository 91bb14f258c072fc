// An object has one alarm, and several of its parts need one. The platform's alarm is set for the earliest time that
// any part asked for. This class alone remembers that time: each set is a row written, so it is set only where the time
// changes. It stores nothing: after a wake each part asks again.

/** The storage of an object, as far as its alarm goes. Times are ms since 1970. */
type AlarmStorage = Pick<DurableObjectStorage, "setAlarm" | "deleteAlarm">;

/** The alarm of one part. */
export interface Alarm {
  set(at: number): void;
  clear(): void;
}

export class AlarmScheduler {
  readonly #storage: AlarmStorage;
  readonly #onSet: () => void;
  /** When each part is due; null: an earlier instance may have set it. A part without an entry has no alarm. */
  readonly #due = new Map<string, number | null>();
  /** For when the platform's alarm is set; null: it is not set; undefined: unknown since the wake. */
  #at: number | null | undefined;

  /** `onSet` is called each time that the platform's alarm is set: a row is written. */
  constructor(storage: AlarmStorage, onSet: () => void) {
    this.#storage = storage;
    this.#onSet = onSet;
  }

  /**
   * The alarm of one part. `due`: for when an earlier instance has set it; null: it has not; "unknown": it may have.
   */
  for(part: string, due: number | null | "unknown" = null): Alarm {
    if (due !== null) this.#due.set(part, due === "unknown" ? null : due);
    return {
      set: (at) => {
        this.#due.set(part, at);
        this.#apply();
      },
      clear: () => {
        if (this.#due.delete(part)) this.#apply();
      },
    };
  }

  /** The alarm rang: the parts that are due have no alarm any more, and it is set for the others. */
  onAlarm(now: number): void {
    for (const [part, at] of this.#due) if (at === null || at <= now) this.#due.delete(part);
    this.#at = null;
    this.#apply();
  }

  #apply(): void {
    const at = this.#earliest();
    if (at === this.#at) return;
    this.#at = at;
    if (at === null) return void this.#storage.deleteAlarm();
    this.#onSet();
    void this.#storage.setAlarm(at);
  }

  #earliest(): number | null {
    let first = Infinity;
    for (const at of this.#due.values()) first = Math.min(first, at ?? Infinity);
    return first === Infinity ? null : first;
  }
}
