// Checks every run, from what clients showed and received, and from what devices and mailboxes hold in the end. It
// knows no server, no client, no fault, and nothing of how mailboxes work.
import { type History, userOf, type DeviceId } from "./history.ts";
import { IndexedHistory, type Sent } from "./indexed-history.ts";

/** Every broken promise of a history, in sentences; empty if there is none. */
export function check(history: History): string[] {
  const indexed = new IndexedHistory(history);
  return [
    ...unanswered(indexed),
    ...lost(indexed),
    ...duplicated(indexed),
    ...disordered(indexed),
    ...forged(indexed),
    ...shownAfterFailure(indexed),
    ...falseReceipts(indexed),
    ...diverged(indexed),
    ...reusedSeqs(indexed),
    ...unreportedGaps(indexed),
  ];
}

/** In the end every sender has an outcome, or its application was closed meanwhile and the message is stored. */
function unanswered(indexed: IndexedHistory): string[] {
  return indexed.sent
    .filter(({ word }) => !indexed.acceptedAt.has(word) && !indexed.failed.has(word))
    .filter((message) => !indexed.restarted.has(message.by) || !isStored(indexed, message))
    .map(({ word, by }) => `${word} was sent by ${by}, who never received an outcome`);
}

function isStored(indexed: IndexedHistory, message: Sent): boolean {
  return indexed.logOf(message.to, message.user).has(message.word) || indexed.mayBeLost(message, message.to);
}

/**
 * An accepted message is in both mailboxes, on every device of both users, and was shown to every device of the
 * receiver.
 */
function lost(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  for (const message of indexed.sent) {
    const { word, user, to } = message;
    if (!indexed.acceptedAt.has(word) || indexed.failed.has(word)) continue;
    if (!indexed.mayBeLost(message, to) && !indexed.logOf(to, user).has(word)) {
      wrong.push(`${word} was accepted, and is not in the mailbox of ${to}`);
    }
    if (!indexed.mayBeLost(message, user) && !indexed.logOf(user, to).has(word)) {
      wrong.push(`${word} was accepted, and is not in the mailbox of its sender ${user}`);
    }
    for (const [owner, peer] of user === to
      ? [[user, to]]
      : ([
          [user, to],
          [to, user],
        ] as const)) {
      if (indexed.mayBeLost(message, owner)) continue;
      for (const device of indexed.devicesOf(owner)) {
        if (!indexed.heldBy(device, peer).has(word)) wrong.push(`${word} was accepted, and ${device} does not have it`);
      }
    }
    if (user === to || indexed.mayBeLost(message, to)) continue;
    for (const device of indexed.devicesOf(to)) {
      if (indexed.restarted.has(device) || indexed.shownTo(device).has(word)) continue;
      wrong.push(`${word} was accepted, and ${device} was never shown it`);
    }
  }
  return wrong;
}

function duplicated(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  for (const [who, words] of indexed.sequences()) {
    const seen = new Set<string>();
    for (const word of words) {
      if (seen.has(word) && !indexed.wasUnansweredAtRestore(word)) wrong.push(`${who} ${word} twice`);
      seen.add(word);
    }
  }
  return wrong;
}

/**
 * Messages of one device to one user are everywhere in the order of sending; and two logs agree about a user's
 * messages.
 */
function disordered(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  for (const [who, words] of indexed.sequences()) {
    const last = new Map<string, Sent>();
    for (const word of words) {
      const message = indexed.byWord.get(word);
      if (message === undefined || indexed.wasUnansweredAtRestore(word)) continue;
      const pair = `${message.by} ${message.to}`;
      const before = last.get(pair);
      if (before !== undefined && before.index > message.index) wrong.push(`${who} ${word} after ${before.word}`);
      else last.set(pair, message);
    }
  }
  for (const [user, peer] of indexed.conversations) {
    const place = new Map([...indexed.logOf(peer, user).keys()].map((word, i) => [word, i]));
    let highest = -1;
    for (const word of indexed.logOf(user, peer).keys()) {
      const at = indexed.byWord.get(word)?.user === user ? place.get(word) : undefined;
      if (at === undefined || indexed.wasUnansweredAtRestore(word)) continue;
      if (at < highest) wrong.push(`the mailboxes of ${user} and ${peer} have ${word} in different places`);
      highest = Math.max(highest, at);
    }
  }
  return wrong;
}

function forged(indexed: IndexedHistory): string[] {
  return indexed.appearances().flatMap(({ who, owner, from, word }) => {
    const message = indexed.byWord.get(word);
    const own = message !== undefined && message.user === from && [message.to, message.user].includes(owner);
    return own ? [] : [`${who} ${word} from ${from}, who did not send it to ${owner}`];
  });
}

function shownAfterFailure({ failed, shown }: IndexedHistory): string[] {
  return shown.filter(({ word }) => failed.has(word)).map(({ by, word }) => `${word} failed, and ${by} was shown it`);
}

/** A receipt is true when it is received; and no sender receives an earlier state than before. */
function falseReceipts(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  const before = new Map<string, number>();
  for (const { index, by, word, state } of indexed.notifications) {
    const message = indexed.byWord.get(word);
    if (message === undefined || message.by !== by) {
      wrong.push(`${by} received a state of ${word}, which it did not send`);
      continue;
    }
    const rank = STATES.indexOf(state);
    if (rank < (before.get(word) ?? 0)) wrong.push(`${by} received ${state} for ${word} after a later state`);
    before.set(word, Math.max(rank, before.get(word) ?? 0));
    // After a restore, receipts prove nothing about lost messages: they are watermarks, and cover later messages.
    if (indexed.isInLostTime(word) && indexed.history.restores.some(({ after }) => index >= after)) continue;
    if (state === "delivered" && !indexed.wasShown(message, index)) {
      wrong.push(`${by} received delivered for ${word}, and no device of ${message.to} had it`);
    }
    if (state === "read" && !indexed.wasRead(message, index)) {
      wrong.push(`${by} received read for ${word}, and ${message.to} had not read it`);
    }
  }
  return wrong;
}

const STATES = ["queued", "stored", "delivered", "read", "failed"];

/** In the end all devices of a user hold the same as the user's mailbox. */
function diverged(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  for (const [user, peer] of indexed.conversations) {
    const log = indexed.logOf(user, peer);
    const restores = indexed.wasRestored(user);
    for (const device of indexed.devicesOf(user)) {
      const held = indexed.heldBy(device, peer);
      const settled = [...held].filter(([, { seq }]) => seq !== null);
      const same = restores
        ? // The device has every message of the mailbox; the mailbox lost the others; a repeated message has another seq.
          [...log].every(
            ([word, { seq }]) => held.has(word) && (held.get(word)?.seq === seq || indexed.isInLostTime(word)),
          ) && settled.every(([word]) => log.has(word) || indexed.wordMayBeLost(word, user))
        : JSON.stringify(settled.map(([word, { seq }]) => [seq, word])) ===
          JSON.stringify([...log].map(([word, { seq }]) => [seq, word]));
      if (!same) wrong.push(`${device} and the mailbox of ${user} differ about ${peer}`);
    }
  }
  return wrong;
}

/** A seq names one message of a mailbox, as long as the mailbox exists; and the seqs of shown messages increase. */
function reusedSeqs(indexed: IndexedHistory): string[] {
  const wrong: string[] = [];
  const names = new Map<string, string>();
  for (const { owner, seq, word } of indexed.appearances()) {
    if (seq === null) continue;
    const number = `${owner} ${seq}`;
    const other = names.get(number) ?? word;
    if (other !== word) wrong.push(`${seq} in the mailbox of ${owner} names ${other} and ${word}`);
    names.set(number, other);
  }
  const last = new Map<DeviceId, number>();
  for (const { by, word, seq } of indexed.shown) {
    if (seq <= (last.get(by) ?? 0)) wrong.push(`${by} was shown ${word} with ${seq}, and had ${last.get(by)} before`);
    last.set(by, Math.max(seq, last.get(by) ?? 0));
  }
  return wrong;
}

/** Every device that was ahead of a restored copy received a gap. */
function unreportedGaps(indexed: IndexedHistory): string[] {
  return indexed.history.restores.flatMap(({ user, copied, after }) => {
    const knew = new Set<DeviceId>();
    for (const [index, event] of indexed.history.events.entries()) {
      if (index >= after) break;
      if (event.is !== "shown" && event.is !== "notified") continue;
      if (user !== null && userOf(event.by) !== user) continue;
      if ((indexed.byWord.get(event.word)?.index ?? 0) >= copied && !indexed.failed.has(event.word)) knew.add(event.by);
    }
    const informed = new Set(indexed.history.events.slice(after).flatMap(({ is, by }) => (is === "gap" ? [by] : [])));
    return [...knew]
      .filter((who) => !informed.has(who))
      .map((who) => `${who} was ahead of the restored copy, and received no gap`);
  });
}
