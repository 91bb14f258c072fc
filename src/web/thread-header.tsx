// The head of a conversation: the peer, whether they are online or typing, and the button to block them.
import type { JSX } from "preact";
import { go } from "./address.ts";
import { useApp, useSelected } from "./app-state.ts";
import { dayAndTime } from "./dates.ts";
import { Avatar, Icon } from "./icons.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";
import { useWatchedUsers } from "./watched-users.ts";

export function ThreadHeader({ peer, standing }: { readonly peer: string; readonly standing: string }): JSX.Element {
  const { me, words, language } = useApp();
  const presence = useSelected(me.presence, (all) => all.get(peer));
  const isTyping = useSelected(me.typists, (all) => all.has(peer));
  useWatchedUsers([peer]);
  const { problem, attempt } = useAttempt();
  const seen = presence !== undefined && presence.at > 0 ? words.lastSeen(dayAndTime(presence.at, language)) : "";
  return (
    <header class="about">
      <button type="button" class="quiet back" aria-label={words.back} onClick={() => go(null)}>
        <Icon name="back" />
      </button>
      <Avatar name={peer} online={presence?.online === true} />
      <div>
        <h2>
          <bdi>{peer}</bdi>
        </h2>
        <p class="soft" role="status">
          {isTyping ? words.typing : presence?.online === true ? words.online : seen}
        </p>
      </div>
      {standing === "contact" && peer !== me.user && (
        <button type="button" class="quiet" onClick={() => attempt(() => me.people.block(peer))}>
          {words.block}
        </button>
      )}
      <Problem problem={problem} />
    </header>
  );
}
