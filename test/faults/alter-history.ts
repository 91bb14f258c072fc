// Picks and alters events and messages of a history, for the faults to plant. All choices come from the seeded
// `random`.
import type { Random } from "../chaos/random.ts";
import { type Event, type History, type Holding, userOf } from "./history.ts";

export type Shown = Extract<Event, { is: "shown" }>;
export type Notified = Extract<Event, { is: "notified" }>;

export const isShown = (event: Event): event is Shown => event.is === "shown";
export const isNotified = (event: Event): event is Notified => event.is === "notified";
export const isAccepted = (event: Event): event is Notified => isNotified(event) && event.state !== "failed";

export const isLog = ({ device }: Holding) => device === null;
export const isAuthor = ({ user, messages }: Holding, word: string) =>
  messages.some((one) => one.word === word && one.from === user);
export const hasRestarted = ({ events }: History, who: string) =>
  events.some(({ is, by }) => is === "restarted" && by === who);

/** Whether a device was shown the message, and no device of its receiver was ever closed. */
export function isShownWithoutRestart(history: History, { word }: Notified): boolean {
  const sent = history.events.find((event) => event.is === "sent" && event.word === word);
  const closed = history.events.some(
    ({ is, by }) => is === "restarted" && sent?.is === "sent" && userOf(by) === sent.to,
  );
  return !closed && history.events.some((event) => isShown(event) && event.word === word);
}

/** The index of a random event among those that fit. */
export function pickIndex({ events }: History, random: Random, fits: (event: Event, index: number) => boolean): number {
  return random.pick(events.flatMap((event, i) => (fits(event, i) ? [i] : [])));
}

export function changeEvent<E extends Event>(
  history: History,
  random: Random,
  fits: (event: Event) => event is E,
  make: (event: E) => Event,
): History {
  const at = pickIndex(history, random, fits);
  return { ...history, events: history.events.with(at, make(history.events[at] as E)) };
}

/** The next event that shows the same device a message of the same sending device. */
export function nextFromSameSender({ events }: History, { by, word }: Shown, after: number): number {
  const from = word.slice(0, word.lastIndexOf("/"));
  return events.findIndex(
    (event, i) => i > after && isShown(event) && event.by === by && event.word.startsWith(`${from}/`),
  );
}

export function swapWords(events: readonly Event[], a: number, b: number): Event[] {
  const [one, other] = [events[a] as Shown, events[b] as Shown];
  return events.with(a, { ...one, word: other.word }).with(b, { ...other, word: one.word });
}

/** The index of the first of two adjacent messages of one device. */
export function neighboursOfOneDevice({ messages }: Holding): number {
  const of = (word = "") => word.slice(0, word.lastIndexOf("/"));
  return messages.findIndex(({ word }, i) => i + 1 < messages.length && of(word) === of(messages[i + 1]?.word));
}

export function changeHolding(
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

export function withoutWord(holding: Holding, word: string): Holding {
  return { ...holding, messages: holding.messages.filter((one) => one.word !== word) };
}

/** Removes a message that must exist from one conversation that fits. */
export function removeMessage(
  history: History,
  random: Random,
  fits: (holding: Holding, word: string) => boolean,
): History {
  const known = mustExist(history);
  const all = history.holdings.flatMap((holding) =>
    holding.messages.flatMap(({ word }) => (known.has(word) && fits(holding, word) ? [{ holding, word }] : [])),
  );
  const { holding, word } = random.pick(all);
  const holdings = history.holdings.map((one) => (one === holding ? withoutWord(one, word) : one));
  return { ...history, holdings };
}

export function highestSeq({ events }: History): number {
  return Math.max(...events.filter(isShown).map(({ seq }) => seq));
}

/** Words that may be missing nowhere, because they were accepted before any copy was made. */
export function mustExist({ events, restores }: History): Set<string> {
  const [{ copied } = { copied: Number.POSITIVE_INFINITY }] = restores;
  return new Set(
    events
      .slice(0, copied)
      .filter(isAccepted)
      .map(({ word }) => word),
  );
}
