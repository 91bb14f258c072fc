// A mailbox is set back to how it was, by the platform's point-in-time recovery; then the object starts again. Bare workerd and local
// servers have none. What it means to others: docs/OPERATIONS.md.
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { checkAccess } from "../access/account.ts";
import type { MailboxContext } from "../context.ts";

/** The answer leaves before the object does, ms. */
const FAREWELL = 200;

/** Sets the mailbox back to how it was `at`, ms since 1970. */
export async function restore(
  ctx: DurableObjectState,
  context: MailboxContext,
  at: number,
): Promise<CallResult<{ readonly undo: string }>> {
  const no = checkAccess(context, { is: "operator" });
  if (no !== null) return { refused: no };
  return setBack(ctx.storage, at, () => ctx.abort("set back to an earlier time"));
}

/** Makes that what the object wakes up with, and has it start again. `undo` is the bookmark of what is left behind. */
export async function setBack(
  storage: Pick<DurableObjectStorage, "getBookmarkForTime" | "onNextSessionRestoreBookmark">,
  at: number,
  restart: () => void,
): Promise<CallResult<{ readonly undo: string }>> {
  try {
    const undo = await storage.onNextSessionRestoreBookmark(await storage.getBookmarkForTime(at));
    setTimeout(restart, FAREWELL);
    return { value: { undo } };
  } catch (error) {
    logEvent("restore_failed", { reason: reasonOf(error) });
    return { refused: refusal("not_found", "nothing is kept of that time") };
  }
}
