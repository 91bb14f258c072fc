// Restores a mailbox to an earlier time, by the platform's point-in-time recovery; then the object restarts. Bare
// workerd and local servers have no such recovery. What a restore means to other mailboxes: docs/OPERATIONS.md.
import type { CallResult } from "../../protocol/caller.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { refusal } from "../../protocol/refusals.ts";
import { checkAccess } from "../access/check-token.ts";
import type { MailboxContext } from "../instance/context.ts";

/** The response leaves before the object restarts. */
const RESTART_DELAY_MS = 200;

/** Restores the mailbox as it was `at`, ms since 1970. */
export async function restore(
  ctx: DurableObjectState,
  context: MailboxContext,
  at: number,
): Promise<CallResult<{ readonly undo: string }>> {
  const refused = checkAccess(context, { is: "operator" });
  if (refused !== null) return { refused };
  return restoreStorage(ctx.storage, at, () => ctx.abort("restored to an earlier time"), context.user);
}

/** Selects the storage that the object wakes up with, and restarts it. `undo`: the bookmark of the state before. */
export async function restoreStorage(
  storage: Pick<DurableObjectStorage, "getBookmarkForTime" | "onNextSessionRestoreBookmark">,
  at: number,
  restart: () => void,
  user: string,
): Promise<CallResult<{ readonly undo: string }>> {
  try {
    const undo = await storage.onNextSessionRestoreBookmark(await storage.getBookmarkForTime(at));
    setTimeout(restart, RESTART_DELAY_MS);
    return { value: { undo } };
  } catch (error) {
    logEvent("restore_failed", { user, reason: reasonOf(error) });
    return { refused: refusal("not_found", "nothing is kept of that time") };
  }
}
