// What can be done with a conversation. A further item is one more line here.
import type { Conversation, Restante } from "../client/connect.ts";
import type { MenuItem } from "./menu.tsx";
import type { Translations } from "./translations.ts";

/** `conversation`: undefined where nothing was exchanged. `leave`: called where the conversation is gone from the list. */
export function itemsOfConversation(
  me: Restante,
  peer: string,
  conversation: Conversation | undefined,
  words: Translations,
  leave: () => void,
): MenuItem[] {
  const { pinned, muted, hidden, standing } = conversation ?? {};
  const isSelf = peer === me.user;
  const items: MenuItem[] = [];
  const set = (change: Parameters<Restante["configure"]>[1]) => () => me.configure(peer, change);
  if (conversation !== undefined) {
    items.push({ icon: "pin", label: pinned ? words.unpin : words.pin, act: set({ pinned: !pinned }) });
    if (!isSelf) items.push({ icon: "mute", label: muted ? words.unmute : words.mute, act: set({ muted: !muted }) });
    const hide = { icon: "hide", act: set({ hidden: !hidden }) } as const;
    items.push(hidden ? { ...hide, label: words.unhide } : { ...hide, label: words.hide, after: leave });
    const question = isSelf ? words.deleteNotesAsk : words.deleteChatAsk(peer);
    items.push({ icon: "trash", label: words.deleteChat, question, act: () => me.clear(peer), after: leave });
  }
  if (isSelf) return items;
  const unblock = { icon: "block", label: words.unblock, act: () => me.people.unblock(peer) } as const;
  const block = { icon: "block", label: words.block, question: words.blockAsk(peer) } as const;
  items.push(standing === "blocked" ? unblock : { ...block, act: () => me.people.block(peer) });
  return items;
}
