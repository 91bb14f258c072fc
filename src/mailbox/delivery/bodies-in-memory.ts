// Bodies of messages on their way that are kept in memory, over all lanes; what goes beyond is read from the log again.
import type { UnsettledMessage } from "./peer-queue.ts";

/** UTF-16 units. Answers: a receiver that is away for long. */
const MOST_UNITS = 4_000_000;

export class BodiesInMemory {
  #units = 0;

  /** The body, or null where there are enough. */
  keep(body: string): string | null {
    if (this.#units + body.length > MOST_UNITS) return null;
    this.#units += body.length;
    return body;
  }

  /** These are no longer in memory; returns them. */
  drop(owed: UnsettledMessage[]): UnsettledMessage[] {
    for (const { body } of owed) this.#units -= body?.length ?? 0;
    return owed;
  }
}
