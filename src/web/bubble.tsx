// One message as a bubble: its text, with its time and its state at the end of the last line.
import type { JSX } from "preact";
import type { Message } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { clock, fullTime } from "./dates.ts";
import { failureSentence } from "./failure-sentence.ts";
import { State } from "./icons.tsx";
import { MessageText, plain } from "./message-text.tsx";
import { isOnlyEmoji } from "./text-parts.ts";

interface Props {
  readonly message: Message;
  /** Whether it belongs to the group of the message above it: of the same author, soon after it. */
  readonly follows: boolean;
  /** Whether it has come while the conversation is open. */
  readonly isFresh: boolean;
}

export function Bubble({ message, follows, isFresh }: Props): JSX.Element {
  const { words, language } = useApp();
  const { key, state, from, at, body } = message;
  const looks = ["bubble", state === null ? "theirs" : "own"];
  if (follows) looks.push("follows");
  if (isFresh) looks.push("fresh");
  if (isOnlyEmoji(plain(body))) looks.push("emoji");
  return (
    <li data-key={key} class={looks.join(" ")}>
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
      {state?.is === "failed" && <Failure message={message} why={failureSentence(state, message.peer, words)} />}
    </li>
  );
}

function Failure({ message, why }: { readonly message: Message; readonly why: string }): JSX.Element {
  const { me, words } = useApp();
  return (
    <div class="row">
      <p class="problem">{why}</p>
      <button type="button" class="quiet" onClick={() => me.resend(message)}>
        {words.retry}
      </button>
      <button type="button" class="quiet" onClick={() => me.discard(message)}>
        {words.discard}
      </button>
    </div>
  );
}
