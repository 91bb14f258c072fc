// Output in memory of connections that were closed here: the runtime and the system keep what a client does not read
// for as long as the connection exists, which is as long as this object is awake (seen with workerd 2026-10-23). It
// knows connections alone.

interface Closed {
  close(): void;
  /** Whether its client has read everything; absent where nobody can know. */
  readonly isRead?: boolean;
}

export class UnreadOutput {
  readonly #bytes = new Map<Closed, number>();

  /** The connection was closed, and its client has not answered that. `bytes`: what the client has not acknowledged. */
  add(closed: Closed, bytes: number): void {
    this.#bytes.set(closed, bytes);
  }

  /** The client has answered, or is gone. */
  delete(closed: Closed): void {
    this.#bytes.delete(closed);
  }

  /** Bytes that were not acknowledged, of clients that have neither answered nor read everything. */
  get bytes(): number {
    let all = 0;
    for (const [closed, bytes] of this.#bytes) {
      if (closed.isRead === true) this.#bytes.delete(closed);
      else all += bytes;
    }
    return all;
  }
}
