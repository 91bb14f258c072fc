// What clients that were closed here may still hold in memory: the runtime and the system keep what a client does not read for as long as
// its connection is there, which is as long as this object is awake (seen with workerd 2026-10-23). It knows connections alone.
import type { Session, Wire } from "./sockets.ts";

export class UnreadOutput {
  readonly #bytes = new Map<Wire, number>();

  /** The session was closed; its client has not answered that. */
  add({ ws, unacked, unreadBytes: unread }: Session): void {
    this.#bytes.set(
      ws,
      unacked.reduce((all, [, , bytes]) => all + bytes, unread),
    );
  }

  /** The client has answered, or is gone. */
  delete(ws: Wire): void {
    this.#bytes.delete(ws);
  }

  /** Bytes that were not acknowledged, of those whose clients have neither answered nor read all. */
  get bytes(): number {
    let all = 0;
    for (const [wire, bytes] of this.#bytes) {
      if (wire.isRead === true) this.#bytes.delete(wire);
      else all += bytes;
    }
    return all;
  }
}
