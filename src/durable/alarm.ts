// The one alarm of an object, set and deleted only where that changes something: each time is a row written.

/** How the runtime's alarm is reached. Times are ms since 1970. */
export interface AlarmSwitch {
  setAlarm(at: number): void;
  deleteAlarm(): void;
}

export class Alarm {
  readonly #switch: AlarmSwitch;
  /** When it is set for; null for not at all; undefined while that is unknown after a wake. */
  #at: number | null | undefined;

  /** `maybeSet`: an earlier life of this object may have set it. */
  constructor(alarm: AlarmSwitch, maybeSet: boolean) {
    this.#switch = alarm;
    this.#at = maybeSet ? undefined : null;
  }

  set(at: number): void {
    if (at === this.#at) return;
    this.#at = at;
    this.#switch.setAlarm(at);
  }

  clear(): void {
    if (this.#at !== null) this.#switch.deleteAlarm();
    this.#at = null;
  }

  /** It rang, so it is not set any more. */
  onAlarm(): void {
    this.#at = null;
  }
}
