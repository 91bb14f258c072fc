// The one judge of every run: from what clients saw and were told, and from what lies where in the end. It knows no server, no client,
// no fault, and nothing of how mailboxes work.
import { type History, userOf, type Who } from "./history.ts";
import { Facts, type Sent } from "./facts.ts";

/** Everything that is wrong with a history, in sentences; empty if it is as promised. */
export function check(history: History): string[] {
  const facts = new Facts(history);
  return [
    ...unanswered(facts),
    ...lost(facts),
    ...twice(facts),
    ...disordered(facts),
    ...forged(facts),
    ...failedYetShown(facts),
    ...ahead(facts),
    ...different(facts),
    ...reused(facts),
    ...unsaid(facts),
  ];
}

/** In the end nothing waits: its sender was told, or it was closed meanwhile, and then it is where it belongs. */
function unanswered(facts: Facts): string[] {
  return facts.sent
    .filter(({ word }) => !facts.toldFirst.has(word) && !facts.failed.has(word))
    .filter((message) => !facts.restarted.has(message.by) || !belongs(facts, message))
    .map(({ word, by }) => `${word} was sent by ${by}, who was never told what became of it`);
}

function belongs(facts: Facts, message: Sent): boolean {
  return facts.logOf(message.to, message.user).has(message.word) || facts.gone(message, message.to);
}

/** What was accepted is in both mailboxes, on every device of both users, and was shown to every device of the receiver. */
function lost(facts: Facts): string[] {
  const wrong: string[] = [];
  for (const message of facts.sent) {
    const { word, user, to } = message;
    if (!facts.toldFirst.has(word) || facts.failed.has(word)) continue;
    if (!facts.gone(message, to) && !facts.logOf(to, user).has(word)) {
      wrong.push(`${word} was accepted, and is not in the mailbox of ${to}`);
    }
    if (!facts.gone(message, user) && !facts.logOf(user, to).has(word)) {
      wrong.push(`${word} was accepted, and is not in the mailbox of its sender ${user}`);
    }
    for (const [owner, peer] of user === to
      ? [[user, to]]
      : ([
          [user, to],
          [to, user],
        ] as const)) {
      if (facts.gone(message, owner)) continue;
      for (const device of facts.devicesOf(owner)) {
        if (!facts.heldBy(device, peer).has(word)) wrong.push(`${word} was accepted, and ${device} does not have it`);
      }
    }
    if (user === to || facts.gone(message, to)) continue;
    for (const device of facts.devicesOf(to)) {
      if (facts.restarted.has(device) || facts.shownTo(device).has(word)) continue;
      wrong.push(`${word} was accepted, and ${device} was never shown it`);
    }
  }
  return wrong;
}

function twice(facts: Facts): string[] {
  const wrong: string[] = [];
  for (const [who, words] of facts.sequences()) {
    const seen = new Set<string>();
    for (const word of words) {
      if (seen.has(word) && !facts.unansweredWhenSetBack(word)) wrong.push(`${who} ${word} twice`);
      seen.add(word);
    }
  }
  return wrong;
}

/** What one device sent to one user is everywhere in the order in which it was sent; and two logs agree about a user's messages. */
function disordered(facts: Facts): string[] {
  const wrong: string[] = [];
  for (const [who, words] of facts.sequences()) {
    const last = new Map<string, Sent>();
    for (const word of words) {
      const message = facts.byWord.get(word);
      if (message === undefined || facts.unansweredWhenSetBack(word)) continue;
      const lane = `${message.by} ${message.to}`;
      const before = last.get(lane);
      if (before !== undefined && before.index > message.index) wrong.push(`${who} ${word} after ${before.word}`);
      else last.set(lane, message);
    }
  }
  for (const [user, peer] of facts.conversations) {
    const place = new Map([...facts.logOf(peer, user).keys()].map((word, i) => [word, i]));
    let highest = -1;
    for (const word of facts.logOf(user, peer).keys()) {
      const at = facts.byWord.get(word)?.user === user ? place.get(word) : undefined;
      if (at === undefined || facts.unansweredWhenSetBack(word)) continue;
      if (at < highest) wrong.push(`the mailboxes of ${user} and ${peer} have ${word} in different places`);
      highest = Math.max(highest, at);
    }
  }
  return wrong;
}

function forged(facts: Facts): string[] {
  return facts.appearances().flatMap(({ who, owner, from, word }) => {
    const message = facts.byWord.get(word);
    const own = message !== undefined && message.user === from && [message.to, message.user].includes(owner);
    return own ? [] : [`${who} ${word} from ${from}, who did not send it to ${owner}`];
  });
}

function failedYetShown({ failed, shown }: Facts): string[] {
  return shown
    .filter(({ word }) => failed.has(word))
    .map(({ by, word }) => `${word} failed, and ${by} was shown it all the same`);
}

/** A receipt speaks of what is true at that moment; and nobody is told less than before. */
function ahead(facts: Facts): string[] {
  const wrong: string[] = [];
  const before = new Map<string, number>();
  for (const { index, by, word, state } of facts.told) {
    const message = facts.byWord.get(word);
    if (message === undefined || message.by !== by) {
      wrong.push(`${by} was told about ${word}, which it did not send`);
      continue;
    }
    const rank = STATES.indexOf(state);
    if (rank < (before.get(word) ?? 0)) wrong.push(`${by} was told that ${word} is ${state}, and more before`);
    before.set(word, Math.max(rank, before.get(word) ?? 0));
    // Of what a mailbox has lost, its receipts say nothing from then on: they only grow, and speak of what came later.
    if (facts.disturbed(word) && facts.history.setBack.some(({ after }) => index >= after)) continue;
    if (state === "delivered" && !facts.wasShown(message, index)) {
      wrong.push(`${by} was told that ${word} was delivered, and no device of ${message.to} had it`);
    }
    if (state === "read" && !facts.wasRead(message, index)) {
      wrong.push(`${by} was told that ${word} was read, and ${message.to} had not`);
    }
  }
  return wrong;
}

const STATES = ["queued", "stored", "delivered", "read", "failed"];

/** All devices of a user, and the user's mailbox, have the same in the end. */
function different(facts: Facts): string[] {
  const wrong: string[] = [];
  for (const [user, peer] of facts.conversations) {
    const log = facts.logOf(user, peer);
    const setBack = facts.setBackOf(user);
    for (const device of facts.devicesOf(user)) {
      const held = facts.heldBy(device, peer);
      const settled = [...held].filter(([, { seq }]) => seq !== null);
      const same = setBack
        ? // What the mailbox has, the device has, and what it has beyond that, the mailbox has lost; what came again has another number.
          [...log].every(
            ([word, { seq }]) => held.has(word) && (held.get(word)?.seq === seq || facts.disturbed(word)),
          ) && settled.every(([word]) => log.has(word) || facts.isGone(word, user))
        : JSON.stringify(settled.map(([word, { seq }]) => [seq, word])) ===
          JSON.stringify([...log].map(([word, { seq }]) => [seq, word]));
      if (!same) wrong.push(`${device} and the mailbox of ${user} differ about ${peer}`);
    }
  }
  return wrong;
}

/** One number names one message of a mailbox, for ever; and what is shown has ever higher ones. */
function reused(facts: Facts): string[] {
  const wrong: string[] = [];
  const names = new Map<string, string>();
  for (const { owner, seq, word } of facts.appearances()) {
    if (seq === null) continue;
    const number = `${owner} ${seq}`;
    const other = names.get(number) ?? word;
    if (other !== word) wrong.push(`${seq} in the mailbox of ${owner} names ${other} and ${word}`);
    names.set(number, other);
  }
  const last = new Map<Who, number>();
  for (const { by, word, seq } of facts.shown) {
    if (seq <= (last.get(by) ?? 0)) wrong.push(`${by} was shown ${word} with ${seq}, and had ${last.get(by)} before`);
    last.set(by, Math.max(seq, last.get(by) ?? 0));
  }
  return wrong;
}

/** Whoever knew more than the copy that a mailbox was set back to, hears of it. */
function unsaid(facts: Facts): string[] {
  return facts.history.setBack.flatMap(({ user, copied, after }) => {
    const knew = new Set<Who>();
    for (const [index, event] of facts.history.events.entries()) {
      if (index >= after) break;
      if (event.is !== "shown" && event.is !== "told") continue;
      if (user !== null && userOf(event.by) !== user) continue;
      if ((facts.byWord.get(event.word)?.index ?? 0) >= copied && !facts.failed.has(event.word)) knew.add(event.by);
    }
    const heard = new Set(facts.history.events.slice(after).flatMap(({ is, by }) => (is === "gap" ? [by] : [])));
    return [...knew].filter((who) => !heard.has(who)).map((who) => `${who} knew what is gone, and was told of no gap`);
  });
}
