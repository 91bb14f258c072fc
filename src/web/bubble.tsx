// One message as a bubble: its text, its time and its state, and above it a new day or the line of new messages.
import type { JSX } from "preact";
import type { Message } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { clock, day, dayOf } from "./dates.ts";
import { failureSentence } from "./failure-sentence.ts";
import { State } from "./icons.tsx";
import { MessageText } from "./message-text.tsx";

interface Props {
  readonly message: Message;
  readonly before: Message | undefined;
  /** Whether it is the first message that was unread. */
  readonly isNew: boolean;
}

/** Messages of one author within this time are drawn together. */
const GROUP_MS = 300_000;

export function Bubble({ message, before, isNew }: Props): JSX.Element {
  const { words, language } = useApp();
  const { state, from, at, body } = message;
  const isNewDay = before === undefined || dayOf(before.at) !== dayOf(at);
  const follows = !isNewDay && !isNew && before.from === from && at - before.at < GROUP_MS;
  return (
    <>
      {isNewDay && (
        <li class="day">
          <time dateTime={new Date(at).toISOString()}>{day(at, language)}</time>
        </li>
      )}
      {isNew && <li class="new">{words.newMessages}</li>}
      <li data-key={message.key} class={`bubble ${state === null ? "theirs" : "own"} ${follows ? "follows" : ""}`}>
        <MessageText body={body} />
        <p class="when">
          <span class="spoken">{from}</span>
          <time dateTime={new Date(at).toISOString()}>{clock(at, language)}</time>
          {state !== null && <State state={state} peer={message.peer} />}
        </p>
        {state?.is === "failed" && <Failure message={message} reason={failureSentence(state, message.peer, words)} />}
      </li>
    </>
  );
}

function Failure({ message, reason }: { readonly message: Message; readonly reason: string }): JSX.Element {
  const { me, words } = useApp();
  return (
    <div class="row">
      <p class="problem">{reason}</p>
      <button type="button" class="quiet" onClick={() => me.resend(message)}>
        {words.retry}
      </button>
      <button type="button" class="quiet" onClick={() => me.discard(message)}>
        {words.discard}
      </button>
    </div>
  );
}
