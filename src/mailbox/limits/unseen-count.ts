// The number of entries of other people that no device has received, for the backlog quota.
import type { Log } from "../log/log.ts";

export class UnseenCount {
  /**
   * The counted range, and the number in it. Counted anew when a device received some; otherwise new entries are added.
   */
  #delivered = -1;
  #head = 0;
  #count = 0;

  of({ head, devices, entries }: Log): number {
    const { delivered } = devices;
    const isSame = delivered === this.#delivered;
    this.#count = (isSame ? this.#count : 0) + entries.countReceivedAfter(isSame ? this.#head : delivered);
    this.#delivered = delivered;
    this.#head = head;
    return this.#count;
  }
}
