// A device says what it holds. Positions live with the socket and reach the disk only when it matters.
import { V1 } from "../../protocol/version.ts";
import type { Box } from "../context.ts";
import { carry } from "../delivery/receipts.ts";
import type { Session } from "../connections/sockets.ts";

/** Rows are not spent on every ack: a device's cursor is kept after about so many log frames. After a crash a plain one says no cursor of its own. */
const KEEP_EVERY = { v1: 1_024, plain: 256 };

/**
 * Everything up to `seq` is held, but never more than was sent to this socket. What the window takes now is the pump's business. False if
 * that was known.
 */
export function acknowledge(box: Box, session: Session, seq: number): boolean {
  const held = Math.min(seq, session.position);
  if (held <= session.acked) return false;
  session.unread = 0;
  session.acked = held;
  session.changed = true;
  for (const [last, frames] of session.unacked) if (last <= held) session.unkept += frames;
  session.unacked = session.unacked.filter(([last]) => last > held);
  if (session.carries) carry(box, held);
  return true;
}

/** Keeps every device that is far enough ahead of its row. */
export function keepCursors(box: Box): void {
  for (const session of box.sockets.all()) {
    if (session.unkept < (session.dialect === V1 ? KEEP_EVERY.v1 : KEEP_EVERY.plain)) continue;
    keepCursor(box, session);
    session.changed = true;
  }
}

/** Keeps what the device behind a socket holds, and, when the socket ends, that it was `seen`. */
export function keepCursor(box: Box, session: Session, seen: { readonly seen?: number } = {}): void {
  const known = box.log.devices.get(session.device);
  const cursor = Math.max(session.acked, known?.cursor ?? 0);
  session.unkept = 0;
  if (session.carries) box.lanes.keepTells();
  const delivered = Math.max(session.carries ? session.acked : 0, known?.delivered ?? 0);
  box.log.devices.keep(session.device, { cursor, delivered, ...seen });
}
