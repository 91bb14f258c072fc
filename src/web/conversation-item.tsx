// One conversation of the list: the peer, their presence, the last message or what was written and not sent, and how
// many messages are unread.
import type { JSX } from "preact";
import type { Conversation } from "../client/connect.ts";
import { addressOf } from "./address.ts";
import { useApp, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { keyOf, stored } from "./browser-storage.ts";
import { number, shortTime } from "./dates.ts";
import { State } from "./icons.tsx";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { plain } from "./message-text.tsx";
import { beginningOf } from "./text-parts.ts";

interface Props extends Conversation {
  readonly isOpen: boolean;
  /** The name that the peer's could be taken for, or null. */
  readonly other: string | null;
}

/** Characters of a message that a line of the list shows, on a wide screen too. */
const MAX_LENGTH = 120;

export function ConversationItem({ peer, last, unread, standing, isOpen, other }: Props): JSX.Element {
  const { me, words, language } = useApp();
  const isSelf = peer === me.user;
  const isHere = useSelected(me.presence, (all) => all.get(peer)?.online === true);
  const isOnline = isHere && standing !== "blocked" && !isSelf;
  return (
    <li>
      <a
        class={unread > 0 ? "item has-unread" : "item"}
        href={addressOf(peer)}
        aria-current={isOpen ? "page" : undefined}
      >
        <Avatar name={peer} isOnline={isOnline} isSelf={isSelf} />
        <span class="name">
          <bdi>{isSelf ? words.noteToSelf : peer}</bdi>
          {isOnline && <span class="spoken"> ({words.online}) </span>}
        </span>
        <time dateTime={new Date(last.at).toISOString()}>{shortTime(last.at, language)}</time>
        <Preview peer={peer} last={last} standing={standing} isOpen={isOpen} />
        {unread > 0 && (
          <span class="unread">
            <span aria-hidden="true">{unread > 99 ? `${number(99, language)}+` : number(unread, language)}</span>
            <span class="spoken">{words.unread(number(unread, language))}</span>
          </span>
        )}
        <LookAlikeWarning name={peer} other={other} />
      </a>
    </li>
  );
}

type PreviewProps = Pick<Props, "peer" | "last" | "standing" | "isOpen">;

/** The second line of an item: one thing, the most urgent. */
function Preview({ peer, last, standing, isOpen }: PreviewProps): JSX.Element {
  const { me, words } = useApp();
  const isTyping = useSelected(me.typists, (all) => all.has(peer));
  // The open conversation shows its draft in the field.
  const draft = isOpen ? "" : (stored(keyOf("draft", me.user, peer)) ?? "");
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
