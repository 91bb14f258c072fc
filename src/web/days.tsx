// The drawn messages of a conversation, day by day: each day has a chip that stays at the top while its messages are
// scrolled, and messages of one author that follow each other are one group.
import type { JSX } from "preact";
import { Fragment } from "preact";
import { useRef } from "preact/hooks";
import type { Message } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { Bubble } from "./bubble.tsx";
import { day, dayOf } from "./dates.ts";
import { memo } from "./memo.ts";

interface Props {
  /** All messages of the conversation that are loaded, and those of them that are drawn. */
  readonly all: readonly Message[];
  readonly shown: readonly Message[];
  /** The key of the first message that was unread, or null. */
  readonly newFrom: string | null;
}

/** Messages of one author within this time are one group. */
const GROUP_MS = 300_000;

const Item = memo(Bubble);

export function Days({ all, shown, newFrom }: Props): JSX.Element {
  const { words, language } = useApp();
  const fresh = useFresh(all);
  return (
    <div class="days">
      {byDay(shown).map((ofDay) => {
        const { at } = ofDay[0];
        return (
          <section key={dayOf(at)}>
            <p class="day">
              <time dateTime={new Date(at).toISOString()}>{day(at, language)}</time>
            </p>
            <ol>
              {ofDay.map((message, i) => {
                const isNew = message.key === newFrom;
                return (
                  <Fragment key={message.key}>
                    {isNew && <li class="new">{words.newMessages}</li>}
                    <Item
                      message={message}
                      follows={!isNew && isOneGroup(ofDay[i - 1], message)}
                      isFresh={fresh.has(message.key)}
                    />
                  </Fragment>
                );
              })}
            </ol>
          </section>
        );
      })}
    </div>
  );
}

function isOneGroup(before: Message | undefined, { from, at }: Message): boolean {
  return before !== undefined && before.from === from && at - before.at < GROUP_MS;
}

/** No day is empty, and each is later than the last: a message that waits has the time of another clock. */
function byDay(messages: readonly Message[]): readonly [Message, ...Message[]][] {
  const days: [Message, ...Message[]][] = [];
  for (const message of messages) {
    const last = days.at(-1);
    if (last !== undefined && dayOf(message.at) <= dayOf(last[0].at)) last.push(message);
    else days.push([message]);
  }
  return days;
}

/** The keys of messages that came at the end since the conversation was last drawn: these alone move in, and once. */
function useFresh(messages: readonly Message[]): ReadonlySet<string> {
  const last = useRef<string | undefined>(undefined);
  const before = messages.findLastIndex(({ key }) => key === last.current);
  last.current = messages.at(-1)?.key;
  return new Set(messages.slice(before + 1 || messages.length).map(({ key }) => key));
}
