// The head of a conversation: the peer, whether they are online or typing, and the menu of the conversation.
import type { JSX } from "preact";
import { go } from "./address.ts";
import { useApp, useConversation, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { itemsOfConversation } from "./conversation-menu.ts";
import { dayAndTime } from "./dates.ts";
import { Name } from "./display-name.tsx";
import { Icon } from "./icons.tsx";
import { focusList } from "./list-keys.ts";
import { useMenu } from "./use-menu.tsx";
import { useWatchedUsers } from "./watched-users.ts";

export function ThreadHeader({ peer }: { readonly peer: string }): JSX.Element {
  const { me, words, language } = useApp();
  const isSelf = peer === me.user;
  const conversation = useConversation(peer);
  const { standing = "contact", displayName = null } = conversation ?? {};
  const found = useSelected(me.presence, (all) => all.get(peer));
  // What was known of a blocked user is not kept up to date.
  const presence = isSelf || standing === "blocked" ? undefined : found;
  const isTyping = useSelected(me.typists, (all) => all.has(peer)) && !isSelf;
  useWatchedUsers(isSelf ? [] : [peer]);
  const leave = () => {
    go(null);
    focusList();
  };
  const contents = () => ({ items: itemsOfConversation(me, peer, conversation, words, leave) });
  const { menu, button } = useMenu(words.chatMenu(peer), contents, false);
  const seen = presence !== undefined && presence.at > 0 ? words.lastSeen(dayAndTime(presence.at, language)) : "";
  return (
    <header class="about">
      <button type="button" class="quiet round back" aria-label={words.back} onClick={() => go(null)}>
        <Icon name="back" />
      </button>
      <Avatar name={displayName ?? peer} of={peer} isOnline={presence?.online === true} isSelf={isSelf} />
      <div>
        <h1>
          <Name peer={peer} displayName={displayName} />
        </h1>
        <p class="soft" role="status">
          {isTyping ? words.typing : presence?.online === true ? words.online : isSelf ? words.noteHint : seen}
        </p>
      </div>
      {(conversation !== undefined || !isSelf) && (
        <button {...button} class="quiet round">
          <Icon name="more" />
        </button>
      )}
      {menu}
    </header>
  );
}
