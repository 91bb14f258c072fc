// What a webhook posts next: a page of the log that is of interest to the receiver, and its body. It decides nothing
// about when.
import { WEBHOOK } from "../../protocol/limits.ts";
import type { MailboxContext } from "../instance/context.ts";
import { type MailboxRow, WEBHOOK_DEVICE } from "../log/schema.ts";
import type { WebhookRow } from "../log/accounts/webhook-rows.ts";
import { readPage } from "../reading/read-log.ts";

/** One post: the frames above `first`, up to `last`. `gap`: the seq up to which retention removed entries, or 0. */
export interface WebhookPost {
  readonly first: number;
  readonly last: number;
  readonly gap: number;
  readonly id: string;
  readonly body: string;
}

/**
 * A page of the log. `frames`: those to post; `removed`: how many are missing from them because the user removed them;
 * `passed`: how many entries and marks were read for them.
 */
export interface WebhookPage {
  readonly first: number;
  readonly last: number;
  readonly frames: readonly string[];
  readonly removed: number;
  readonly passed: number;
}

/** The page after `position`, or the one whose post failed; null at the end of the log. */
export function nextPage(context: MailboxContext, row: WebhookRow, position: number): WebhookPage | null {
  const failed = failedPage(context, row);
  const first = failed?.first ?? position;
  if (first >= context.log.head) return null;
  const page = readPage(context, first, WEBHOOK.MAX_FRAMES, true);
  const last = failed !== null && failed.last <= page.position ? failed.last : page.position;
  const frames = page.frames.filter((frame) => isToPost(context.user, frame, last));
  const removed = page.removed.filter(
    ({ seq, origin, peer }) => seq <= last && (origin !== null || peer === context.user),
  );
  return { first, last, frames, removed: removed.length, passed: page.frames.length + page.removed.length };
}

/** A post of these frames. Its id is the same each time that it is made, so that the receiver can deduplicate. */
export function postOf(user: string, { epoch, trimmed }: MailboxRow, page: WebhookPage): WebhookPost {
  const { first, last, frames, removed } = page;
  const body = `{"user":"${user}","epoch":"${epoch}","frames":[${frames.join(",")}]}`;
  // After retention removed its beginning, or the user some of its messages, it is not the post that ended here before.
  const gap = first < trimmed ? trimmed : 0;
  const id = `${epoch}:${last}${gap > 0 ? `:${gap}` : ""}${removed > 0 ? `:-${removed}` : ""}`;
  return { first, last, gap, id, body };
}

/**
 * The range of the post that failed, which is repeated unchanged; null for none. It is not repeated if retention
 * removed some of it, or if older code, without these columns, went beyond it.
 */
function failedPage(
  context: MailboxContext,
  { failing, first, last, gap }: WebhookRow,
): Pick<WebhookPost, "first" | "last"> | null {
  if (failing === 0 || first >= last) return null;
  const cursor = context.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0;
  const trimmed = context.log.row?.trimmed ?? 0;
  return first >= cursor && (first >= trimmed || gap === trimmed) ? { first, last } : null;
}

/** Whether a frame up to `last` is posted: received messages and those to oneself, failures, gaps and notices. */
function isToPost(user: string, frame: string, last: number): boolean {
  const { type, seq, from, to } = JSON.parse(frame) as {
    readonly type: string;
    readonly seq: number;
    readonly from?: unknown;
    readonly to?: unknown;
  };
  if (seq > last) return false;
  if (type === "message") return from !== user || to === user;
  return type === "failed" || type === "gap" || type === "notice";
}
