// One conversation of the list: the peer, their presence, the last message, and how many are unread.
import type { JSX } from "preact";
import type { Conversation } from "../client/connect.ts";
import { addressOf } from "./address.ts";
import { useApp, useSelected } from "./app-state.ts";
import { number, shortTime } from "./dates.ts";
import { Avatar, State } from "./icons.tsx";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { plain } from "./message-text.tsx";

interface Props extends Conversation {
  readonly isOpen: boolean;
  /** The name that the peer's could be taken for, or null. */
  readonly other: string | null;
}

export function ConversationItem({ peer, last, unread, isOpen, other }: Props): JSX.Element {
  const { me, words, language } = useApp();
  const isOnline = useSelected(me.presence, (all) => all.get(peer)?.online === true);
  const isTyping = useSelected(me.typists, (all) => all.has(peer));
  const text = plain(last.body);
  return (
    <li>
      <a class="item" href={addressOf(peer)} aria-current={isOpen ? "page" : undefined}>
        <Avatar name={peer} online={isOnline} />
        <span class="name">
          <bdi>{peer}</bdi>
        </span>
        <time dateTime={new Date(last.at).toISOString()}>{shortTime(last.at, language)}</time>
        <span class="last">
          {last.state !== null && <State state={last.state} peer={peer} />}
          <span dir="auto">{isTyping ? words.typing : last.state === null ? text : words.you(text)}</span>
        </span>
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
