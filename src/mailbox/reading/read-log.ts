// The log over HTTP, page by page: what the pump would say to a socket that starts here and whose window is the page. Also what a device
// holds, said without a socket.
import type { LogPageQuery } from "../../protocol/log-page.ts";
import { write } from "../../protocol/down.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1 } from "../../protocol/version.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { acknowledge } from "./acknowledge.ts";
import type { MailboxContext } from "../context.ts";
import { checkCursor, type ResumePoint, resumePointOf } from "./resume-point.ts";
import { pump } from "./pump.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import { CALM, type Session, type Wire } from "../connections/sockets.ts";

/** A page is read off; nobody listens. */
const NOWHERE: Wire = { send: () => undefined, close: () => undefined, serializeAttachment: () => undefined };

/**
 * A page of the log as JSON text: `{"epoch","head","cursor","more","frames":[…]}`. `cursor`: where the next one begins. To be done in a
 * group; for a device, to ask with a cursor is to hold everything up to it.
 */
export function readEntries(
  context: MailboxContext,
  { device, epoch, cursor, limit }: LogPageQuery,
): CallResult<string> {
  const { log } = context;
  const no = checkCursor(context, cursor);
  if (no !== null) return { refused: no };
  if (log.row === null) return { value: textOf(null, 0, 0, []) };
  log.trimIfDue(() => context.outbox.oldestUnsettled);
  const start = resumePointOf(context, log.row, { device: device ?? "", epoch, cursor });
  // A device's first row is written at once: from here on it has been seen.
  if (device !== null && (typeof cursor === "number" || log.devices.get(device) === null))
    persistHeld(context, device, start);
  const { position, gap } = start;
  const page = readPage(context, device ?? "", position, limit);
  const frames = gap === null ? page.frames : [write({ type: "gap", ...gap }), ...page.frames];
  return { value: textOf(log.row.epoch, log.head, page.position, frames) };
}

/** What the pump says to somebody who is at `from`, at most `limit` frames. */
export function readPage(
  context: MailboxContext,
  device: string,
  from: number,
  limit: number,
): { readonly frames: readonly string[]; readonly position: number } {
  const nobody = {
    token: null,
    expires: null,
    since: 0,
    opened: context.log.head,
    carries: false,
    watched: [],
    heardAt: 0,
  };
  const none = {
    unkept: 0,
    unacked: [],
    runs: false,
    acceptedRun: null,
    flushWithCommit: false,
    changed: false,
    ...CALM,
  };
  const place = { device, position: from, acked: from, window: limit };
  const session: Session = { ...nobody, ...none, ...place, ws: NOWHERE, dialect: V1, buffer: [] };
  pump(context, session);
  return { frames: session.buffer, position: session.position };
}

/** A device holds everything up to `seq`, but never more than there is, nor than its connection was sent. To be done in a group. */
export function acknowledgeOverHttp(context: MailboxContext, device: string, seq: number): Refusal | null {
  const session = context.sockets.ofDevice(device);
  const { row: life, head } = context.log;
  if (session !== undefined) acknowledge(context, session, seq);
  else if (life === null || context.log.devices.get(device) === null)
    return refusal("not_found", "there is no such device");
  else persistHeld(context, device, resumePointOf(context, life, { device, epoch: null, cursor: Math.min(seq, head) }));
  return null;
}

/** A device has everything up to `held`. `carries`: it had everything before. To be done in a group. */
export function persistHeld(
  context: MailboxContext,
  device: string,
  { held, carries }: Pick<ResumePoint, "held" | "carries">,
): void {
  const known = context.log.devices.get(device);
  if (carries) {
    advanceDelivered(context, held);
    context.outbox.persistDueReceipts();
  }
  const cursor = Math.max(held, known?.cursor ?? 0);
  context.log.devices.put(device, { cursor, delivered: Math.max(carries ? held : 0, known?.delivered ?? 0) });
}

function textOf(epoch: string | null, head: number, cursor: number, frames: readonly string[]): string {
  const about = JSON.stringify({ epoch, head, cursor, more: cursor < head });
  return `${about.slice(0, -1)},"frames":[${frames.join(",")}]}`;
}
