// One message as a bubble: its text, with its time and its state at the end of the last line, and its menu.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Message } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { clock, fullTime } from "./dates.ts";
import { failureSentence } from "./failure-sentence.ts";
import { Icon, State } from "./icons.tsx";
import type { MenuItem } from "./menu.tsx";
import { itemsOfMessage } from "./message-menu.ts";
import { MessageText, plain } from "./message-text.tsx";
import { isOnlyEmoji } from "./text-parts.ts";
import { leaveFrom } from "./log-keys.ts";
import { useMenu } from "./use-menu.tsx";

interface Props {
  readonly message: Message;
  /** Whether it belongs to the group of the message above it: of the same author, soon after it. */
  readonly follows: boolean;
  /** Whether it has come now, while the conversation is open. */
  readonly isFresh: boolean;
}

export function Bubble({ message, follows, isFresh }: Props): JSX.Element {
  const { me, words, language } = useApp();
  const { key, state, from, at, body } = message;
  const [rises] = useState(isFresh);
  const item = useRef<HTMLLIElement>(null);
  const contents = () => ({
    note: fullTime(at, language),
    items: itemsOfMessage(me, message, words, leaveFrom(item.current)),
  });
  const { menu, button, target } = useMenu(words.messageMenu, contents, false);
  const looks = ["bubble", state === null ? "theirs" : "own"];
  if (follows) looks.push("follows");
  if (rises) looks.push("fresh");
  if (isOnlyEmoji(plain(body))) looks.push("emoji");
  return (
    <li ref={item} data-key={key} class={looks.join(" ")} tabIndex={-1} {...target}>
      <span class="spoken">{words.says(from)} </span>
      <div class="body" dir="auto">
        <MessageText body={body} />
        <span class="when">
          <time dateTime={new Date(at).toISOString()} title={fullTime(at, language)}>
            {clock(at, language)}
          </time>
          {state !== null && (
            <>
              {" "}
              <State state={state} peer={message.peer} />
            </>
          )}
        </span>
      </div>
      <button {...button} class="more" tabIndex={-1}>
        <Icon name="more" />
      </button>
      {menu}
      {state?.is === "failed" && (
        <Failure
          why={failureSentence(state, message.peer, words)}
          // The text can be copied from the menu.
          items={contents().items.slice(1)}
          leave={() => leaveFrom(item.current)()}
        />
      )}
    </li>
  );
}

interface FailureProps {
  readonly why: string;
  /** What can be done with the message: the bubble goes away with it. */
  readonly items: readonly MenuItem[];
  leave(): void;
}

function Failure({ why, items, leave }: FailureProps): JSX.Element {
  return (
    <div class="row">
      <p class="problem">{why}</p>
      {items.map(({ label, act }) => (
        <button
          key={label}
          type="button"
          class="quiet"
          onClick={() => {
            act();
            leave();
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
