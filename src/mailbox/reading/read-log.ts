// The log over HTTP, page by page: what the pump sends to a connection that starts here, with the page as its window.
// Also the acks of devices that have no socket.
import type { CallResult } from "../../protocol/caller.ts";
import { writeFrame } from "../../protocol/down.ts";
import type { LogPageQuery } from "../../protocol/log-page.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";
import { acknowledge, persistCursor } from "./acknowledge.ts";
import type { PageReader } from "./log-reader.ts";
import { pump } from "./pump.ts";
import { checkCursor, resumePointOf } from "./resume-point.ts";

/**
 * A page of the log as JSON text: `{"epoch","head","cursor","more","frames":[…]}`. `cursor`: where the next page
 * begins; after very many removed messages a page ends, though it has fewer frames, or none. For a device, to ask with
 * a cursor is to hold everything up to it. To be done in a transaction.
 */
export function readEntries(
  context: MailboxContext,
  { device, epoch, cursor, limit, relations = false }: LogPageQuery,
): CallResult<string> {
  const { log } = context;
  const no = checkCursor(context, cursor);
  if (no !== null) return { refused: no };
  if (log.row === null) return { value: textOf(null, 0, 0, []) };
  log.trimIfDue(() => context.outbox.oldestUnsettled);
  const start = resumePointOf(context, log.row, { device: device ?? "", epoch, cursor });
  // The first row of a device is written at once: from here on the device has been seen.
  if (device !== null && (typeof cursor === "number" || log.devices.get(device) === null))
    persistCursor(context, { device, ...start });
  // A page has only what has a seq.
  log.peers.writeEarly();
  const page = readPage(context, start.position, limit, relations);
  const frames = start.gap === null ? page.frames : [writeFrame({ type: "gap", ...start.gap }), ...page.frames];
  return { value: textOf(log.row.epoch, log.head, page.position, frames) };
}

/**
 * What the pump sends to a reader at `from`, at most `limit` frames; `position`: where the next page begins. `relations`:
 * whether the reader has asked for them.
 */
export function readPage(
  context: MailboxContext,
  from: number,
  limit: number,
  relations: boolean,
): Pick<PageReader, "frames" | "position" | "removed"> {
  const page: PageReader = { kind: "page", limit, relations, position: from, unacked: [], frames: [], removed: [] };
  pump(context, page);
  return page;
}

/**
 * A device holds everything up to `seq`, but never more than there is, nor than its connection was sent. To be done in
 * a transaction.
 */
export function acknowledgeOverHttp(context: MailboxContext, device: string, seq: number): Refusal | null {
  const session = context.sockets.ofDevice(device);
  const { row, head } = context.log;
  if (session !== undefined) acknowledge(context, session, seq);
  else if (row === null || context.log.devices.get(device) === null)
    return refusal("not_found", "there is no such device");
  else {
    const start = resumePointOf(context, row, { device, epoch: null, cursor: Math.min(seq, head) });
    persistCursor(context, { device, ...start });
  }
  return null;
}

function textOf(epoch: string | null, head: number, cursor: number, frames: readonly string[]): string {
  const about = JSON.stringify({ epoch, head, cursor, more: cursor < head });
  return `${about.slice(0, -1)},"frames":[${frames.join(",")}]}`;
}
