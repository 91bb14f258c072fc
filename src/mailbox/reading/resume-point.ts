// The resume point: from which position of the log a device is sent entries, and which gap it is told of first.
import { CLOCK_SLACK } from "../../protocol/limits.ts";
import type { ConnectionQuery } from "../../protocol/connection-query.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../context.ts";
import type { MailboxRow } from "../log/schema.ts";

/**
 * Where a socket starts; `gap`: what is gone for good. `held`: what the device has acknowledged, which is less where there is a gap: one
 * that is lost on its way is said again.
 */
export interface ResumePoint {
  readonly position: number;
  readonly held: number;
  readonly gap: { readonly from: number; readonly seq: number } | null;
  readonly carries: boolean;
}

/** Why nobody can be there, or null. */
export function checkCursor(context: MailboxContext, cursor: ConnectionQuery["cursor"]): Refusal | null {
  if (typeof cursor !== "number") return null;
  const possible = Math.max(context.log.head, (Date.now() + CLOCK_SLACK) * 1_000);
  if (cursor <= possible) return null;
  return refusal("bad_query", "cursor is beyond what any mailbox can have given");
}

/** Where in the log somebody goes on who was there. */
export function resumePointOf(context: MailboxContext, life: MailboxRow, place: ConnectionQuery): ResumePoint {
  const { log } = context;
  const { delivered } = log.devices;
  const known = log.devices.get(place.device)?.cursor;
  const kept = known ?? Math.max(life.base, life.trimmed);
  const from = (position: number, before = position): ResumePoint => {
    return { position, held: position, gap: null, carries: before <= delivered };
  };
  const behind = (gap: NonNullable<ResumePoint["gap"]>, before: number): ResumePoint => {
    return { position: gap.seq, held: kept, gap, carries: before <= delivered };
  };
  if (place.epoch !== null && place.epoch !== life.epoch) {
    const gone = Math.max(life.base, life.trimmed);
    return behind({ from: 1, seq: gone }, gone);
  }
  switch (place.cursor) {
    case "head":
      return from(log.head);
    case null:
      return from(kept);
    default: {
      const before = Math.min(known ?? place.cursor, place.cursor);
      if (place.cursor <= log.head) {
        // What this device said that it holds was given. Anything else may be older than the copy that the mailbox was set back to.
        const jump = place.cursor > (known ?? 0) ? log.skippedRangeOf(place.cursor) : null;
        if (jump === null) return from(place.cursor, before);
        return behind({ from: jump.before + 1, seq: jump.last }, before);
      }
      // Given before the mailbox was set back: what came after its head then is gone, and nothing new may lie below.
      const gone = log.head + 1;
      // Above it: with that number for a cursor, the device has heard of the gap.
      log.raise(Math.max(place.cursor + 1, Date.now() * 1_000));
      return behind({ from: gone, seq: log.head }, before);
    }
  }
}
