// A device says what it holds. Positions live with the socket and reach the disk only when it matters.
import { V1 } from "../../protocol/version.ts";
import type { MailboxContext } from "../context.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import type { Session } from "../connections/sockets.ts";

/** Rows are not spent on every ack: a device's cursor is kept after about so many log frames. After a crash a plain one says no cursor of its own. */
const PERSIST_EVERY = { v1: 1_024, plain: 256 };

/**
 * Everything up to `seq` is held, but never more than was sent to this socket. What the window takes now is the pump's business. False if
 * that was known.
 */
export function acknowledge(context: MailboxContext, session: Session, seq: number): boolean {
  const held = Math.min(seq, session.position);
  if (held <= session.acked) return false;
  session.unreadBytes = 0;
  session.acked = held;
  session.changed = true;
  for (const [last, frames] of session.unacked) if (last <= held) session.unkept += frames;
  session.unacked = session.unacked.filter(([last]) => last > held);
  if (session.carries) advanceDelivered(context, held);
  return true;
}

/** Keeps every device that is far enough ahead of its row. */
export function persistCursors(context: MailboxContext): void {
  for (const session of context.sockets.all()) {
    if (session.unkept < (session.dialect === V1 ? PERSIST_EVERY.v1 : PERSIST_EVERY.plain)) continue;
    persistCursor(context, session);
    session.changed = true;
  }
}

/** Keeps what the device behind a socket holds, and, when the socket ends, that it was `seen`. */
export function persistCursor(context: MailboxContext, session: Session, seen: { readonly seen?: number } = {}): void {
  const known = context.log.devices.get(session.device);
  const cursor = Math.max(session.acked, known?.cursor ?? 0);
  session.unkept = 0;
  if (session.carries) context.outbox.persistDueReceipts();
  const delivered = Math.max(session.carries ? session.acked : 0, known?.delivered ?? 0);
  context.log.devices.put(session.device, { cursor, delivered, ...seen });
}
