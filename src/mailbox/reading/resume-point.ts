// The resume point: from which position a device is sent the log, and which gap it is sent first.
import type { ConnectionQuery } from "../../protocol/connection-query.ts";
import { CLOCK_SLACK_MS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { MailboxRow } from "../log/schema.ts";

/**
 * Where a reader starts. `gap`: what is gone for good. `acked`: what the device has acknowledged. It may be less than
 * `position` where there is a gap: a gap that is lost on its way is sent again. It is never more, even if the cursor in
 * the device's row is: acks after the gap have to count. `advancesDelivered`: whether acks from here on advance the
 * watermark `delivered`.
 */
interface ResumePoint {
  readonly position: number;
  readonly acked: number;
  readonly gap: { readonly from: number; readonly seq: number } | null;
  readonly advancesDelivered: boolean;
}

/** Why no device can have this cursor, or null. */
export function checkCursor(context: MailboxContext, cursor: ConnectionQuery["cursor"]): Refusal | null {
  if (typeof cursor !== "number") return null;
  const possible = Math.max(context.log.head, (Date.now() + CLOCK_SLACK_MS) * 1_000);
  if (cursor <= possible) return null;
  return refusal("bad_query", "cursor is beyond what any mailbox can have given");
}

/** The point of the log where a device with this query continues. */
export function resumePointOf(context: MailboxContext, row: MailboxRow, query: ConnectionQuery): ResumePoint {
  const { log } = context;
  const { delivered } = log.devices;
  const known = log.devices.get(query.device)?.cursor;
  const oldest = Math.max(row.base, row.trimmed);
  const persisted = known ?? oldest;
  /** `before`: up to where the device held the log when it came. */
  const at = (position: number, before = position): ResumePoint => {
    return { position, acked: position, gap: null, advancesDelivered: before <= delivered };
  };
  const behind = (gap: NonNullable<ResumePoint["gap"]>, before: number): ResumePoint => {
    return { position: gap.seq, acked: Math.min(persisted, gap.seq), gap, advancesDelivered: before <= delivered };
  };
  if (query.epoch !== null && query.epoch !== row.epoch) return behind({ from: 1, seq: oldest }, oldest);
  if (query.cursor === "head") return at(log.head);
  if (query.cursor === null) return at(persisted);
  const { cursor } = query;
  const before = Math.min(known ?? cursor, cursor);
  if (cursor <= log.head) {
    // What this device acknowledged here was given. Any other cursor may be one of the time before a restore.
    const skipped = cursor > (known ?? 0) ? log.skippedRangeOf(cursor) : null;
    return skipped === null ? at(cursor, before) : behind({ from: skipped.before + 1, seq: skipped.last }, before);
  }
  // Given before the mailbox was restored: what came after its present head is gone, and nothing new may get a seq
  // below the cursor.
  const firstGone = log.head + 1;
  // Above the cursor: a device whose cursor is the new head has received the gap.
  log.raise(Math.max(cursor + 1, Date.now() * 1_000));
  return behind({ from: firstGone, seq: log.head }, before);
}
