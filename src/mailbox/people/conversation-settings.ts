// What the user has set for a conversation, the same on all devices: pinned, muted, hidden. Every change is an entry
// `peer`, which all devices receive with the settings as they are when it is sent.
import type { CallResult, ConversationSettings } from "../../protocol/caller.ts";
import { refusal } from "../../protocol/refusals.ts";
import { lastSeqOf, settingsOf } from "../access/chosen-settings.ts";
import { standingOf } from "../access/standing.ts";
import type { MailboxContext } from "../instance/context.ts";
import { isStorageFull, ownMailboxFull } from "../limits/quotas.ts";
import { appendStanding } from "./contacts.ts";

/** Changes the given settings. To be called inside a transaction. */
export function configure(
  context: MailboxContext,
  name: string,
  change: Partial<ConversationSettings>,
): CallResult<null> {
  const standing = standingOf(context, name);
  if (standing === null) return { refused: refusal("not_found", "there is no such conversation") };
  const before = settingsOf(context, name);
  const { pinned, muted, hidden } = { ...before, ...change };
  if (pinned === before.pinned && muted === before.muted && hidden === before.hidden) return { value: null };
  // Otherwise a full mailbox would grow by settings that change in turn.
  if (isStorageFull(context)) return { refused: ownMailboxFull("it keeps no more bytes") };
  const hiddenUpTo = hidden ? Math.max(lastSeqOf(context, name), 1) : 0;
  context.log.contacts.choose(name, { pinned, muted, hiddenUpTo });
  appendStanding(context, name, standing);
  return { value: null };
}
