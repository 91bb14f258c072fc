// The bodies of unsettled messages that are in memory, over all queues of an outbox. The others are read from the log
// again.

/** UTF-16 units. Answers: receivers that are away for long, with thousands of messages each. */
const MAX_UNITS = 4_000_000;

export class BodiesInMemory {
  #units = 0;

  /** The body, or null where it would exceed the limit. */
  keep(body: string): string | null {
    if (this.#units + body.length > MAX_UNITS) return null;
    this.#units += body.length;
    return body;
  }

  /** The bodies of these messages leave memory. */
  release(messages: readonly { readonly body: string | null }[]): void {
    for (const { body } of messages) this.#units -= body?.length ?? 0;
  }
}
