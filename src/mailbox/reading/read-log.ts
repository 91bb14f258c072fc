// The log over HTTP, page by page: what the pump would say to a socket that starts here and whose window is the page. Also what a device
// holds, said without a socket.
import type { PageAsked } from "../../protocol/log-page.ts";
import { write } from "../../protocol/down.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1 } from "../../protocol/version.ts";
import type { Answer } from "../../protocol/caller.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Box } from "../context.ts";
import { objectionToCursor, type Start, startOf } from "./resume-point.ts";
import { pump } from "./pump.ts";
import { carry } from "../delivery/receipts.ts";
import { CALM, type Session, type Wire } from "../connections/sockets.ts";

/** A page is read off; nobody listens. */
const NOWHERE: Wire = { send: () => undefined, close: () => undefined, serializeAttachment: () => undefined };

/**
 * A page of the log as JSON text: `{"epoch","head","cursor","more","frames":[…]}`. `cursor`: where the next one begins. To be done in a
 * group; for a device, to ask with a cursor is to hold everything up to it.
 */
export function entries(box: Box, { device, epoch, cursor, limit }: PageAsked): Answer<string> {
  const { log } = box;
  const no = objectionToCursor(box, cursor);
  if (no !== null) return { refused: no };
  if (log.life === null) return { value: textOf(null, 0, 0, []) };
  log.trimSometimes(() => box.lanes.firstOwed);
  const start = startOf(box, log.life, { device: device ?? "", epoch, cursor });
  // A device's first row is written at once: from here on it has been seen.
  if (device !== null && (typeof cursor === "number" || log.devices.get(device) === null)) hold(box, device, start);
  const { position, gap } = start;
  const page = readPage(box, device ?? "", position, limit);
  const frames = gap === null ? page.frames : [write({ type: "gap", ...gap }), ...page.frames];
  return { value: textOf(log.life.epoch, log.head, page.position, frames) };
}

/** What the pump says to somebody who is at `from`, at most `limit` frames. */
export function readPage(
  box: Box,
  device: string,
  from: number,
  limit: number,
): { readonly frames: readonly string[]; readonly position: number } {
  const nobody = { token: null, expires: null, since: 0, opened: box.log.head, carries: false, watched: [], heard: 0 };
  const none = { unkept: 0, unacked: [], runs: false, answer: null, due: false, changed: false, ...CALM };
  const place = { device, position: from, acked: from, window: limit };
  const session: Session = { ...nobody, ...none, ...place, ws: NOWHERE, dialect: V1, outbox: [] };
  pump(box, session);
  return { frames: session.outbox, position: session.position };
}

/** A device holds everything up to `seq`, but never more than there is, nor than its connection was sent. To be done in a group. */
export function ack(box: Box, device: string, seq: number): Refusal | null {
  const session = box.sockets.ofDevice(device);
  const { life, head } = box.log;
  if (session !== undefined) acknowledge(box, session, seq);
  else if (life === null || box.log.devices.get(device) === null)
    return refusal("not_found", "there is no such device");
  else hold(box, device, startOf(box, life, { device, epoch: null, cursor: Math.min(seq, head) }));
  return null;
}

/** A device has everything up to `held`. `carries`: it had everything before. To be done in a group. */
export function hold(box: Box, device: string, { held, carries }: Pick<Start, "held" | "carries">): void {
  const known = box.log.devices.get(device);
  if (carries) {
    carry(box, held);
    box.lanes.keepTells();
  }
  const cursor = Math.max(held, known?.cursor ?? 0);
  box.log.devices.keep(device, { cursor, delivered: Math.max(carries ? held : 0, known?.delivered ?? 0) });
}

function textOf(epoch: string | null, head: number, cursor: number, frames: readonly string[]): string {
  const about = JSON.stringify({ epoch, head, cursor, more: cursor < head });
  return `${about.slice(0, -1)},"frames":[${frames.join(",")}]}`;
}
