// Faults to plant into a correct history, each with the complaint that the checker has to raise. They prove that the
// checker finds what it is for.
import type { Random } from "../chaos/random.ts";
import {
  type Shown,
  type Notified,
  isShown,
  isNotified,
  isAccepted,
  isLog,
  isAuthor,
  hasRestarted,
  isShownWithoutRestart,
  pickIndex,
  changeEvent,
  nextFromSameSender,
  swapWords,
  neighboursOfOneDevice,
  changeHolding,
  withoutWord,
  removeMessage,
  highestSeq,
  mustExist,
} from "./alter-history.ts";
import { type Event, type History, userOf } from "./history.ts";

export interface PlantedFault {
  readonly name: string;
  readonly complaint: RegExp;
  /** It needs a history in which a mailbox was restored. */
  readonly needsRestore?: true;
  plant(history: History, random: Random): History;
}

export const PLANTED: readonly PlantedFault[] = [
  {
    name: "an accepted message is not in its receiver's mailbox",
    complaint: /is not in the mailbox of \w+$/m,
    plant: (history, random) =>
      removeMessage(history, random, (holding, word) => isLog(holding) && !isAuthor(holding, word)),
  },
  {
    name: "an accepted message is not in its sender's mailbox",
    complaint: /not in the mailbox of its sender/,
    plant: (history, random) =>
      removeMessage(history, random, (holding, word) => isLog(holding) && isAuthor(holding, word)),
  },
  {
    name: "an accepted message is not on a device",
    complaint: /does not have it/,
    plant: (history, random) => removeMessage(history, random, (holding) => !isLog(holding)),
  },
  {
    name: "an accepted message is never shown to a device",
    complaint: /was never shown it/,
    plant: (history, random) => {
      const known = mustExist(history);
      const at = pickIndex(
        history,
        random,
        (event) => isShown(event) && known.has(event.word) && !hasRestarted(history, event.by),
      );
      return { ...history, events: history.events.toSpliced(at, 1) };
    },
  },
  {
    name: "a message is shown twice",
    complaint: /was shown \S+ twice/,
    plant: (history, random) => {
      const again = history.events[pickIndex(history, random, isShown)] as Shown;
      return { ...history, events: [...history.events, { ...again, seq: highestSeq(history) + 1 }] };
    },
  },
  {
    name: "a message is in a mailbox twice",
    complaint: /the mailbox of \w+ has with \w+: \S+ twice/,
    plant: (history, random) =>
      changeHolding(history, random, isLog, (messages) => {
        const one = random.pick(messages);
        return [...messages, { ...one, seq: highestSeq(history) + 1 }];
      }),
  },
  {
    name: "two messages of a sender are shown in the wrong order",
    complaint: /was shown \S+ after \S+|differ about/,
    plant: (history, random) => {
      const first = pickIndex(
        history,
        random,
        (event, i) => isShown(event) && nextFromSameSender(history, event, i) !== -1,
      );
      const second = nextFromSameSender(history, history.events[first] as Shown, first);
      return { ...history, events: swapWords(history.events, first, second) };
    },
  },
  {
    name: "two mailboxes disagree about the order",
    complaint: /in different places|has with \w+: \S+ after/,
    plant: (history, random) =>
      changeHolding(
        history,
        random,
        (holding) => isLog(holding) && neighboursOfOneDevice(holding) !== -1,
        (messages, holding) => {
          const at = neighboursOfOneDevice(holding);
          const [a, b] = [messages[at], messages[at + 1]];
          return a && b ? messages.toSpliced(at, 2, { ...b, seq: a.seq }, { ...a, seq: b.seq }) : messages;
        },
      ),
  },
  {
    name: "a message is from a user who did not send it",
    complaint: /who did not send it/,
    plant: (history, random) => changeEvent(history, random, isShown, (event) => ({ ...event, from: "mallory" })),
  },
  {
    name: "a message is shown to a user who is not its receiver",
    complaint: /who did not send it to/,
    plant: (history, random) => {
      const at = pickIndex(history, random, isShown);
      const { by } = history.events[at] as Shown;
      const other = history.events.find(
        (event) => isShown(event) && ![event.from, userOf(event.by)].includes(userOf(by)),
      );
      return { ...history, events: history.events.with(at, { ...(other as Shown), by }) };
    },
  },
  {
    name: "a message is shown that no user wrote",
    complaint: /who did not send it/,
    plant: (history, random) =>
      changeEvent(history, random, isShown, (event) => ({ ...event, word: `${event.word}!` })),
  },
  {
    name: "the sender receives `delivered` before any device has the message",
    complaint: /received delivered for \S+, and no device/,
    plant: (history, random) => {
      const at = pickIndex(
        history,
        random,
        (event) => isNotified(event) && event.state === "delivered" && isShownWithoutRestart(history, event),
      );
      const { word } = history.events[at] as Notified;
      const sent = history.events.findIndex((event) => event.is === "sent" && event.word === word);
      const rest = history.events.filter((event) => !(isNotified(event) && event.word === word));
      return { ...history, events: rest.toSpliced(sent + 1, 0, history.events[at] as Event) };
    },
  },
  {
    name: "the sender receives `read` for a message that was not read",
    complaint: /received read for \S+, and \w+ had not/,
    plant: (history, random) => {
      const at = pickIndex(history, random, (event) => isNotified(event) && event.state === "read");
      const { by } = history.events[at] as Notified;
      return {
        ...history,
        events: history.events.filter((event) => !(event.is === "read" && event.peer === userOf(by))),
      };
    },
  },
  {
    name: "the sender receives `stored` after `delivered`",
    complaint: /received stored for \S+ after a later state/,
    plant: (history, random) => {
      const delivered = history.events[
        pickIndex(history, random, (event) => isNotified(event) && event.state === "delivered")
      ] as Notified;
      return { ...history, events: [...history.events, { ...delivered, state: "stored" }] };
    },
  },
  {
    name: "a sender never receives an outcome",
    complaint: /who never received an outcome/,
    plant: (history, random) => {
      const { word } = history.events[
        pickIndex(history, random, (event) => isAccepted(event) && !hasRestarted(history, event.by))
      ] as Notified;
      return { ...history, events: history.events.filter((event) => !(isNotified(event) && event.word === word)) };
    },
  },
  {
    name: "a failed message is shown",
    complaint: /failed, and \S+ was shown it/,
    plant: (history, random) => {
      const { by, word } = history.events[
        pickIndex(history, random, (event) => isAccepted(event) && isShownWithoutRestart(history, event))
      ] as Notified;
      return { ...history, events: [...history.events, { at: 0, by, is: "notified", word, state: "failed" }] };
    },
  },
  {
    name: "a device has a message under another seq than the mailbox",
    complaint: /differ about/,
    plant: (history, random) =>
      changeHolding(
        history,
        random,
        (holding) => !isLog(holding),
        (messages) => {
          const last = messages.at(-1);
          return last === undefined ? [] : [...messages.slice(0, -1), { ...last, seq: highestSeq(history) + 1 }];
        },
      ),
  },
  {
    name: "a seq names two messages",
    complaint: /names \S+ and \S+|and had \d+ before/,
    plant: (history, random) => {
      const at = pickIndex(
        history,
        random,
        (event, i) => isShown(event) && nextFromSameSender(history, event, i) !== -1,
      );
      const other = nextFromSameSender(history, history.events[at] as Shown, at);
      const { seq } = history.events[at] as Shown;
      return { ...history, events: history.events.with(other, { ...(history.events[other] as Shown), seq }) };
    },
  },
  {
    name: "no device receives a gap after a restore",
    complaint: /received no gap/,
    needsRestore: true,
    plant: (history) => ({ ...history, events: history.events.filter(({ is }) => is !== "gap") }),
  },
  {
    name: "a message that was accepted before the copy was made is lost",
    complaint: /is not in the mailbox of/,
    needsRestore: true,
    plant: (history, random) => {
      const [{ copied } = { copied: 0 }] = history.restores;
      const words = history.events.slice(0, copied).filter(isAccepted);
      const { word } = random.pick(words.filter((event) => isShownWithoutRestart(history, event)));
      return { ...history, holdings: history.holdings.map((one) => (isLog(one) ? withoutWord(one, word) : one)) };
    },
  },
  {
    name: "a message that was shown before the restore is shown again",
    complaint: /was shown \S+ twice/,
    needsRestore: true,
    plant: (history, random) => {
      const [{ copied, after } = { copied: 0, after: 0 }] = history.restores;
      const before = history.events.slice(copied, after).filter(isShown);
      const known = before.filter(({ word }) =>
        history.events.slice(0, after).some((event) => isAccepted(event) && event.word === word),
      );
      return { ...history, events: [...history.events, { ...random.pick(known), seq: highestSeq(history) + 1 }] };
    },
  },
];
