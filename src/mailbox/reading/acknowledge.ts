// A device acknowledges what it holds. Positions live with the connection, and reach the device's row only when it
// matters.
import type { MailboxContext } from "../instance/context.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import { freeWindow } from "./free-window.ts";
import type { PlainReading, V1Reader, V1Reading } from "./log-reader.ts";

/**
 * Entries and marks after which the cursor of a device is persisted. Answers: a row for every ack. After a crash a
 * plain device has no cursor of its own to send, so its number is smaller.
 */
const PERSIST_EVERY = { v1: 1_024, stream: 1_024, plain: 256 } as const;

/** What a device holds, and whether that advances the watermark `delivered`. */
export type Held = Pick<V1Reading | PlainReading, "device" | "acked" | "advancesDelivered">;

/**
 * The device holds everything up to `seq`, but never more than was sent over this connection. Returns whether that
 * acknowledges a frame. Answers: acks that creep through a hole of the seqs, each of which moves the cursor. The caller
 * pumps what the window takes now.
 */
export function acknowledge(context: MailboxContext, reader: V1Reader, seq: number): boolean {
  const acked = Math.min(seq, reader.position);
  const before = reader.acked;
  if (acked <= before) return false;
  reader.acked = acked;
  reader.changed = true;
  const freed = freeWindow(context.log, reader, before, acked);
  if (freed > 0) reader.output.unreadBytes = 0;
  reader.ackedSincePersist += freed;
  if (reader.advancesDelivered) advanceDelivered(context, acked);
  return freed > 0;
}

/** Persists the cursors of devices that are far enough ahead of their rows. */
export function persistCursors(context: MailboxContext): void {
  for (const session of context.sockets.all()) {
    if (session.ackedSincePersist < PERSIST_EVERY[session.kind]) continue;
    persistCursor(context, session);
    session.ackedSincePersist = 0;
    session.changed = true;
  }
}

/** Persists what a device holds and, when its connection ends, that it was `seen`. To be done in a transaction. */
export function persistCursor(context: MailboxContext, held: Held, seen: { readonly seen?: number } = {}): void {
  const { device, acked, advancesDelivered } = held;
  const row = context.log.devices.get(device);
  const cursor = Math.max(acked, row?.cursor ?? 0);
  let delivered = row?.delivered ?? 0;
  if (advancesDelivered) {
    advanceDelivered(context, acked);
    context.outbox.persistDueReceipts();
    delivered = Math.max(acked, delivered);
  }
  context.log.devices.put(device, { cursor, delivered, ...seen });
}
