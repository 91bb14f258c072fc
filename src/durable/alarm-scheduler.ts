// An object has one alarm; several of its parts want to be woken. It is set for the earliest. What a part wants it keeps elsewhere: after
// a wake each says it again, and the alarm is still set for the earliest of these.
import type { AlarmSwitch } from "./alarm.ts";

export class AlarmScheduler {
  readonly #switch: AlarmSwitch;
  /** When whom, ms since 1970. */
  readonly #wants = new Map<string, number>();
  /** When it is set for; null for not at all; undefined while that is unknown after a wake. Each time is a row written. */
  #at: number | null | undefined;

  constructor(alarm: AlarmSwitch) {
    this.#switch = alarm;
  }

  /** The alarm as this part sees it. `due`: for when an earlier life of the object has set it; null for not at all. */
  for(part: string, due: number | null = null): AlarmSwitch {
    if (due !== null) this.#wants.set(part, due);
    return {
      setAlarm: (at) => {
        this.#wants.set(part, at);
        this.#set();
      },
      deleteAlarm: () => {
        this.#wants.delete(part);
        this.#set();
      },
    };
  }

  /** It rang: whose time has come has been woken, and it is set for the others. */
  onAlarm(now: number): void {
    for (const [part, at] of this.#wants) if (at <= now) this.#wants.delete(part);
    this.#at = null;
    this.#set();
  }

  #set(): void {
    const at = this.#wants.size === 0 ? null : Math.min(...this.#wants.values());
    if (at === this.#at) return;
    this.#at = at;
    if (at === null) this.#switch.deleteAlarm();
    else this.#switch.setAlarm(at);
  }
}
