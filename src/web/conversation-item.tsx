// One conversation of the list: the peer, their presence, the last message or what was written and not sent, and how
// many messages are unread.
import type { JSX } from "preact";
import type { Conversation } from "../client/connect.ts";
import { addressOf, go } from "./address.ts";
import { useApp, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { itemsOfConversation } from "./conversation-menu.ts";
import { number, shortTime } from "./dates.ts";
import { Name } from "./display-name.tsx";
import { Icon, State } from "./icons.tsx";
import { focusList } from "./list-keys.ts";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { plain } from "./message-text.tsx";
import { beginningOf } from "./text-parts.ts";
import { useDraft } from "./unsent-text.ts";
import { useMenu } from "./use-menu.tsx";

interface Props extends Conversation {
  readonly isOpen: boolean;
  /** The name that the peer's could be taken for, or null. */
  readonly other: string | null;
}

/** Characters of a message that a line of the list shows, on a wide screen too. */
const MAX_LENGTH = 120;

export function ConversationItem({ isOpen, other, ...conversation }: Props): JSX.Element {
  const { peer, last, unread, standing, displayName, pinned, muted } = conversation;
  const { me, words, language } = useApp();
  const isSelf = peer === me.user;
  const isHere = useSelected(me.presence, (all) => all.get(peer)?.online === true);
  const leave = () => {
    if (isOpen) go(null);
    focusList();
  };
  const contents = () => ({ items: itemsOfConversation(me, peer, conversation, words, leave) });
  const { menu, target } = useMenu(words.chatMenu(peer), contents, true);
  const isOnline = isHere && standing !== "blocked" && !isSelf;
  return (
    <li>
      <a
        class={`item ${unread > 0 ? "has-unread" : ""} ${muted ? "is-muted" : ""}`}
        href={addressOf(peer)}
        aria-current={isOpen ? "page" : undefined}
        {...target}
      >
        <Avatar name={displayName ?? peer} of={peer} isOnline={isOnline} isSelf={isSelf} />
        <span class="name">
          <Name peer={peer} displayName={displayName} />
          {muted && <Icon name="mute" label={words.muted} />}
          {isOnline && <span class="spoken"> ({words.online}) </span>}
        </span>
        <time dateTime={new Date(last.at).toISOString()}>{shortTime(last.at, language)}</time>
        <Preview peer={peer} last={last} standing={standing} isOpen={isOpen} />
        {pinned && unread === 0 && (
          <span class="mark">
            <Icon name="pin" label={words.pinned} />
          </span>
        )}
        {unread > 0 && (
          <span class="unread">
            <span aria-hidden="true">{unread > 99 ? `${number(99, language)}+` : number(unread, language)}</span>
            <span class="spoken">{words.unread(number(unread, language))}</span>
          </span>
        )}
        <LookAlikeWarning name={peer} other={other} />
      </a>
      {menu}
    </li>
  );
}

type PreviewProps = Pick<Props, "peer" | "last" | "standing" | "isOpen">;

/** The second line of an item: one thing, the most urgent. */
function Preview({ peer, last, standing, isOpen }: PreviewProps): JSX.Element {
  const { me, words } = useApp();
  const isTyping = useSelected(me.typists, (all) => all.has(peer));
  const written = useDraft(peer);
  // The open conversation shows its draft in the field.
  const draft = isOpen ? "" : written;
  if (standing === "blocked") return <span class="last">{words.blockedMark}</span>;
  if (isTyping) return <span class="last now">{words.typing}</span>;
  if (draft.trim() !== "") {
    return (
      <span class="last">
        <span class="draft">{words.draft}</span> <span dir="auto">{beginningOf(draft, MAX_LENGTH)}</span>
      </span>
    );
  }
  const text = beginningOf(plain(last.body), MAX_LENGTH);
  return (
    <span class="last">
      {last.state !== null && (
        <>
          <State state={last.state} peer={peer} />{" "}
        </>
      )}
      <span dir="auto">{last.state === null || peer === me.user ? text : words.you(text)}</span>
    </span>
  );
}
