// The head of a conversation: the peer, whether they are online or typing, and the button to block them.
import type { JSX } from "preact";
import { go } from "./address.ts";
import { useApp, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { dayAndTime } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";
import { useWatchedUsers } from "./watched-users.ts";

export function ThreadHeader({ peer, standing }: { readonly peer: string; readonly standing: string }): JSX.Element {
  const { me, words, language } = useApp();
  const isSelf = peer === me.user;
  const found = useSelected(me.presence, (all) => all.get(peer));
  // What was known of a blocked user is not kept up to date.
  const presence = isSelf || standing === "blocked" ? undefined : found;
  const isTyping = useSelected(me.typists, (all) => all.has(peer)) && !isSelf;
  useWatchedUsers(isSelf ? [] : [peer]);
  const { problem, attempt } = useAttempt();
  const seen = presence !== undefined && presence.at > 0 ? words.lastSeen(dayAndTime(presence.at, language)) : "";
  return (
    <header class="about">
      <button type="button" class="quiet round back" aria-label={words.back} onClick={() => go(null)}>
        <Icon name="back" />
      </button>
      <Avatar name={peer} isOnline={presence?.online === true} isSelf={isSelf} />
      <div>
        <h1>
          <bdi>{isSelf ? words.noteToSelf : peer}</bdi>
        </h1>
        <p class="soft" role="status">
          {isTyping ? words.typing : presence?.online === true ? words.online : isSelf ? words.noteHint : seen}
        </p>
      </div>
      {standing === "contact" && !isSelf && (
        <button type="button" class="quiet" onClick={() => attempt(() => me.people.block(peer))}>
          {words.block}
        </button>
      )}
      <Problem problem={problem} />
    </header>
  );
}
