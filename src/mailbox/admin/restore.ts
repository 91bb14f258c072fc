// A mailbox is set back to how it was, by the platform's point-in-time recovery; then the object starts again. Bare workerd and local
// servers have none. What it means to others: docs/OPERATIONS.md.
import { note, reasonOf } from "../../protocol/log-events.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { Answer } from "../../protocol/caller.ts";
import { objectionTo } from "../access/account.ts";
import type { Box } from "../context.ts";

/** The answer leaves before the object does, ms. */
const FAREWELL = 200;

/** Sets the mailbox back to how it was `at`, ms since 1970. */
export async function restore(
  ctx: DurableObjectState,
  box: Box,
  at: number,
): Promise<Answer<{ readonly undo: string }>> {
  const no = objectionTo(box, { is: "operator" });
  if (no !== null) return { refused: no };
  return setBack(ctx.storage, at, () => ctx.abort("set back to an earlier time"));
}

/** Makes that what the object wakes up with, and has it start again. `undo` is the bookmark of what is left behind. */
export async function setBack(
  storage: Pick<DurableObjectStorage, "getBookmarkForTime" | "onNextSessionRestoreBookmark">,
  at: number,
  restart: () => void,
): Promise<Answer<{ readonly undo: string }>> {
  try {
    const undo = await storage.onNextSessionRestoreBookmark(await storage.getBookmarkForTime(at));
    setTimeout(restart, FAREWELL);
    return { value: { undo } };
  } catch (error) {
    note("restore_failed", { reason: reasonOf(error) });
    return { refused: refusal("not_found", "nothing is kept of that time") };
  }
}
