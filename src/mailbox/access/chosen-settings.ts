// What the user has set for a conversation, as it is now: for frames, lists and exports. people/conversation-settings.ts
// changes it.
import type { ConversationSettings } from "../../protocol/caller.ts";
import type { MailboxContext } from "../instance/context.ts";

/** The settings. A hidden conversation is shown again with its next message. */
export function settingsOf(context: MailboxContext, name: string): ConversationSettings {
  const { pinned, muted, hiddenUpTo } = context.log.contacts.chosen(name);
  return { pinned, muted, hidden: hiddenUpTo > 0 && hiddenUpTo >= lastSeqOf(context, name) };
}

/** The seq of the newest entry of the conversation; 0 for none. It does not remember the names of strangers. */
export function lastSeqOf({ log }: MailboxContext, name: string): number {
  return log.peers.has(name) ? log.peers.get(name).lastSeq : 0;
}
