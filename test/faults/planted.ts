// Faults on purpose, planted into a history that is as promised: what each of them is, and the words in which the checker must complain.
// It shows that the judge sees what it is for.
import type { Random } from "../chaos/random.ts";
import { type Event, type History, type Holding, userOf } from "./history.ts";

export interface Planted {
  readonly name: string;
  readonly complaint: RegExp;
  /** Only where a mailbox was set back. */
  readonly setBack?: true;
  plant(history: History, random: Random): History;
}

type Shown = Extract<Event, { is: "shown" }>;
type Told = Extract<Event, { is: "told" }>;

const isShown = (event: Event): event is Shown => event.is === "shown";
const isTold = (event: Event): event is Told => event.is === "told";
const accepted = (event: Event): event is Told => isTold(event) && event.state !== "failed";

export const PLANTED: readonly Planted[] = [
  {
    name: "an accepted message is not in its receiver's mailbox",
    complaint: /is not in the mailbox of \w+$/m,
    plant: (history, random) => dropFrom(history, random, (holding, word) => isLog(holding) && !wrote(holding, word)),
  },
  {
    name: "an accepted message is not in its sender's mailbox",
    complaint: /not in the mailbox of its sender/,
    plant: (history, random) => dropFrom(history, random, (holding, word) => isLog(holding) && wrote(holding, word)),
  },
  {
    name: "a device does not have what was accepted",
    complaint: /does not have it/,
    plant: (history, random) => dropFrom(history, random, (holding) => !isLog(holding)),
  },
  {
    name: "a device is never shown what was accepted",
    complaint: /was never shown it/,
    plant: (history, random) => {
      const known = sure(history);
      const at = where(
        history,
        random,
        (event) => isShown(event) && known.has(event.word) && !restarts(history, event.by),
      );
      return { ...history, events: history.events.toSpliced(at, 1) };
    },
  },
  {
    name: "a message is shown twice",
    complaint: /was shown \S+ twice/,
    plant: (history, random) => {
      const again = history.events[where(history, random, isShown)] as Shown;
      return { ...history, events: [...history.events, { ...again, seq: highest(history) + 1 }] };
    },
  },
  {
    name: "a message is in a mailbox twice",
    complaint: /the mailbox of \w+ has with \w+: \S+ twice/,
    plant: (history, random) =>
      inOne(history, random, isLog, (messages) => {
        const one = random.pick(messages);
        return [...messages, { ...one, seq: highest(history) + 1 }];
      }),
  },
  {
    name: "two messages of a sender are shown in the wrong order",
    complaint: /was shown \S+ after \S+|differ about/,
    plant: (history, random) => {
      const first = where(history, random, (event, i) => isShown(event) && next(history, event, i) !== -1);
      const second = next(history, history.events[first] as Shown, first);
      return { ...history, events: swapWords(history.events, first, second) };
    },
  },
  {
    name: "two mailboxes disagree about the order",
    complaint: /in different places|has with \w+: \S+ after/,
    plant: (history, random) =>
      inOne(
        history,
        random,
        (holding) => isLog(holding) && pairIn(holding) !== -1,
        (messages, holding) => {
          const at = pairIn(holding);
          const [a, b] = [messages[at], messages[at + 1]];
          return a && b ? messages.toSpliced(at, 2, { ...b, seq: a.seq }, { ...a, seq: b.seq }) : messages;
        },
      ),
  },
  {
    name: "a message is from somebody who did not send it",
    complaint: /who did not send it/,
    plant: (history, random) => change(history, random, isShown, (event) => ({ ...event, from: "mallory" })),
  },
  {
    name: "a message is shown to somebody whom it was not for",
    complaint: /who did not send it to/,
    plant: (history, random) => {
      const at = where(history, random, isShown);
      const { by } = history.events[at] as Shown;
      const other = history.events.find(
        (event) => isShown(event) && ![event.from, userOf(event.by)].includes(userOf(by)),
      );
      return { ...history, events: history.events.with(at, { ...(other as Shown), by }) };
    },
  },
  {
    name: "a message is shown that nobody wrote",
    complaint: /who did not send it/,
    plant: (history, random) => change(history, random, isShown, (event) => ({ ...event, word: `${event.word}!` })),
  },
  {
    name: "delivered is told before any device has it",
    complaint: /was delivered, and no device/,
    plant: (history, random) => {
      const at = where(
        history,
        random,
        (event) => isTold(event) && event.state === "delivered" && answered(history, event),
      );
      const { word } = history.events[at] as Told;
      const sent = history.events.findIndex((event) => event.is === "sent" && event.word === word);
      const rest = history.events.filter((event) => !(isTold(event) && event.word === word));
      return { ...history, events: rest.toSpliced(sent + 1, 0, history.events[at] as Event) };
    },
  },
  {
    name: "read is told, and nobody has read",
    complaint: /was read, and \w+ had not/,
    plant: (history, random) => {
      const at = where(history, random, (event) => isTold(event) && event.state === "read");
      const { by } = history.events[at] as Told;
      return {
        ...history,
        events: history.events.filter((event) => !(event.is === "read" && event.peer === userOf(by))),
      };
    },
  },
  {
    name: "what was delivered is only stored afterwards",
    complaint: /is stored, and more before/,
    plant: (history, random) => {
      const told = history.events[
        where(history, random, (event) => isTold(event) && event.state === "delivered")
      ] as Told;
      return { ...history, events: [...history.events, { ...told, state: "stored" }] };
    },
  },
  {
    name: "a sender never hears what became of a message",
    complaint: /was never told what became of it/,
    plant: (history, random) => {
      const { word } = history.events[
        where(history, random, (event) => accepted(event) && !restarts(history, event.by))
      ] as Told;
      return { ...history, events: history.events.filter((event) => !(isTold(event) && event.word === word)) };
    },
  },
  {
    name: "a message fails, and is shown all the same",
    complaint: /failed, and \S+ was shown it/,
    plant: (history, random) => {
      const { by, word } = history.events[
        where(history, random, (event) => accepted(event) && answered(history, event))
      ] as Told;
      return { ...history, events: [...history.events, { at: 0, by, is: "told", word, state: "failed" }] };
    },
  },
  {
    name: "a device has another number for a message than the mailbox",
    complaint: /differ about/,
    plant: (history, random) =>
      inOne(
        history,
        random,
        (holding) => !isLog(holding),
        (messages) => {
          const last = messages.at(-1);
          return last === undefined ? [] : [...messages.slice(0, -1), { ...last, seq: highest(history) + 1 }];
        },
      ),
  },
  {
    name: "a number names two messages",
    complaint: /names \S+ and \S+|and had \d+ before/,
    plant: (history, random) => {
      const at = where(history, random, (event, i) => isShown(event) && next(history, event, i) !== -1);
      const other = next(history, history.events[at] as Shown, at);
      const { seq } = history.events[at] as Shown;
      return { ...history, events: history.events.with(other, { ...(history.events[other] as Shown), seq }) };
    },
  },
  {
    name: "nobody is told of a gap",
    complaint: /was told of no gap/,
    setBack: true,
    plant: (history) => ({ ...history, events: history.events.filter(({ is }) => is !== "gap") }),
  },
  {
    name: "what was accepted before the copy was made is lost",
    complaint: /is not in the mailbox of/,
    setBack: true,
    plant: (history, random) => {
      const [{ copied } = { copied: 0 }] = history.setBack;
      const words = history.events.slice(0, copied).filter(accepted);
      const { word } = random.pick(words.filter((event) => answered(history, event)));
      return { ...history, holdings: history.holdings.map((one) => (isLog(one) ? without(one, word) : one)) };
    },
  },
  {
    name: "what was shown before the mailbox was set back is shown again",
    complaint: /was shown \S+ twice/,
    setBack: true,
    plant: (history, random) => {
      const [{ copied, after } = { copied: 0, after: 0 }] = history.setBack;
      const before = history.events.slice(copied, after).filter(isShown);
      const known = before.filter(({ word }) =>
        history.events.slice(0, after).some((event) => accepted(event) && event.word === word),
      );
      return { ...history, events: [...history.events, { ...random.pick(known), seq: highest(history) + 1 }] };
    },
  },
];

const isLog = ({ device }: Holding) => device === null;
const wrote = ({ user, messages }: Holding, word: string) =>
  messages.some((one) => one.word === word && one.from === user);
const restarts = ({ events }: History, who: string) => events.some(({ is, by }) => is === "restarted" && by === who);

/** Whether it was answered before any mailbox was set back, or no device that ever closed plays a part. */
function answered(history: History, { word }: Told): boolean {
  const sent = history.events.find((event) => event.is === "sent" && event.word === word);
  const closed = history.events.some(
    ({ is, by }) => is === "restarted" && sent?.is === "sent" && userOf(by) === sent.to,
  );
  return !closed && history.events.some((event) => isShown(event) && event.word === word);
}

/** One event of those that fit, by its index. */
function where({ events }: History, random: Random, fits: (event: Event, index: number) => boolean): number {
  return random.pick(events.flatMap((event, i) => (fits(event, i) ? [i] : [])));
}

function change<E extends Event>(
  history: History,
  random: Random,
  fits: (event: Event) => event is E,
  make: (event: E) => Event,
): History {
  const at = where(history, random, fits);
  return { ...history, events: history.events.with(at, make(history.events[at] as E)) };
}

/** The next message that the same device is shown of the same device of the same sender. */
function next({ events }: History, { by, word }: Shown, after: number): number {
  const from = word.slice(0, word.lastIndexOf("/"));
  return events.findIndex(
    (event, i) => i > after && isShown(event) && event.by === by && event.word.startsWith(`${from}/`),
  );
}

function swapWords(events: readonly Event[], a: number, b: number): Event[] {
  const [one, other] = [events[a] as Shown, events[b] as Shown];
  return events.with(a, { ...one, word: other.word }).with(b, { ...other, word: one.word });
}

/** The first of two neighbours of one device. */
function pairIn({ messages }: Holding): number {
  const of = (word = "") => word.slice(0, word.lastIndexOf("/"));
  return messages.findIndex(({ word }, i) => i + 1 < messages.length && of(word) === of(messages[i + 1]?.word));
}

function inOne(
  history: History,
  random: Random,
  fits: (holding: Holding) => boolean,
  make: (messages: Holding["messages"], holding: Holding) => Holding["messages"],
): History {
  const chosen = random.pick(history.holdings.filter((one) => fits(one) && one.messages.length > 0));
  const holdings = history.holdings.map((one) =>
    one === chosen ? { ...one, messages: make(one.messages, one) } : one,
  );
  return { ...history, holdings };
}

function without(holding: Holding, word: string): Holding {
  return { ...holding, messages: holding.messages.filter((one) => one.word !== word) };
}

/** Takes a message out of one conversation of those that fit. It is one that may not be missing. */
function dropFrom(history: History, random: Random, fits: (holding: Holding, word: string) => boolean): History {
  const known = sure(history);
  const all = history.holdings.flatMap((holding) =>
    holding.messages.flatMap(({ word }) => (known.has(word) && fits(holding, word) ? [{ holding, word }] : [])),
  );
  const { holding, word } = random.pick(all);
  const holdings = history.holdings.map((one) => (one === holding ? without(one, word) : one));
  return { ...history, holdings };
}

function highest({ events }: History): number {
  return Math.max(...events.filter(isShown).map(({ seq }) => seq));
}

/** What may not be missing anywhere: it was accepted before any copy was made. */
function sure({ events, setBack }: History): Set<string> {
  const [{ copied } = { copied: Number.POSITIVE_INFINITY }] = setBack;
  return new Set(
    events
      .slice(0, copied)
      .filter(accepted)
      .map(({ word }) => word),
  );
}
