// What the user has set for a conversation, and what users are called, as it is now: for frames, lists and exports.
// people/conversation-settings.ts and people/display-names.ts change it.
import type { ConversationSettings } from "../../protocol/caller.ts";
import type { MailboxContext } from "../instance/context.ts";
import { isContact } from "./standing.ts";

/** The settings. A hidden conversation is shown again with its next message. */
export function settingsOf(context: MailboxContext, name: string): ConversationSettings {
  const { pinned, muted, hiddenUpTo } = context.log.contacts.chosen(name);
  return { pinned, muted, hidden: hiddenUpTo > 0 && hiddenUpTo >= lastSeqOf(context, name) };
}

/**
 * What somebody is called, the user or a contact; null if there is no name. The name of a stranger or a blocked user is
 * not shown.
 */
export function displayNameOf(context: MailboxContext, name: string): string | null {
  if (name === context.user) return context.log.row?.displayName || null;
  return isContact(context, name) ? context.log.contacts.givenName(name).displayName || null : null;
}

/** The seq of the newest entry of the conversation; 0 for none. It does not remember the names of strangers. */
export function lastSeqOf({ log }: MailboxContext, name: string): number {
  return log.peers.has(name) ? log.peers.get(name).lastSeq : 0;
}
