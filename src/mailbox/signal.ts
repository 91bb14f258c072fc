// Signals: typing and presence. Nothing here is ever stored; what is lost is lost, and the next one tells the truth again.
import { write } from "../protocol/down.ts";
import type { Presence, Signal } from "../protocol/envelope.ts";
import { note, reasonOf } from "../protocol/journal.ts";
import { V1 } from "../protocol/version.ts";
import { isOver } from "./account.ts";
import type { Box } from "./box.ts";
import type { Session } from "./sockets.ts";
import { isContact } from "./standing.ts";

/** At most one typing signal a second goes to one peer. Answers: a key held down. */
const TYPING_MS = 1_000;
/** Whoever is told that the user came or went: so many, the latest first. Answers: a user whom everybody once wrote to. */
const TOLD = 100;

/** When the user last typed to whom. */
const typed = new WeakMap<Box, Map<string, number>>();

/** The user types. Only those with whom there is a conversation hear of it. */
export function type(box: Box, to: string): void {
  const times = typed.get(box) ?? new Map<string, number>();
  typed.set(box, times);
  const now = Date.now();
  if (to === box.user || now - (times.get(to) ?? 0) < TYPING_MS || !box.log.peers.has(to)) return;
  // Old times are of no use.
  if (times.size > TOLD) times.clear();
  times.set(to, now);
  send(box, { kind: "typing", from: box.user, to });
}

/** What this socket wants to know of whom, from now on. Each is asked once; later they tell by themselves. */
export function watch(box: Box, session: Session, peers: readonly string[]): void {
  const added = peers.filter((peer) => !session.watched.includes(peer));
  session.watched = [...new Set(peers)];
  session.changed = true;
  if (box.log.life?.presence !== 1) return;
  for (const peer of new Set(added)) box.background(ask(box, session, peer));
}

async function ask(box: Box, session: Session, peer: string): Promise<void> {
  if (peer === box.user || !box.log.peers.has(peer)) return;
  const presence = await box.peers.presence(peer, box.user);
  if (presence === null || box.sockets.of(session.ws) !== session) return;
  box.sockets.say(session, write({ type: "presence", user: peer, ...presence }));
  box.sockets.flush();
}

/** A signal of a peer's: passed on to the sockets that it is for. */
export function hear(box: Box, signal: Signal): void {
  if (box.log.life === null || !isContact(box, signal.from)) return;
  for (const session of box.sockets.all()) {
    if (session.dialect !== V1) continue;
    if (isOver(box, session) !== null) {
      // Nothing is given to it any more, and the end of the next group closes it.
      box.turn.join(() => undefined);
      continue;
    }
    if (signal.kind === "typing") box.sockets.say(session, write({ type: "typing", from: signal.from }));
    else if (session.watched.includes(signal.from) && box.log.life?.presence === 1) {
      box.sockets.say(session, write({ type: "presence", user: signal.from, ...signal.presence }));
    }
  }
  box.sockets.flush();
}

/** Whether the user is online, for `asker`; null for strangers and where the user switched it off. */
export function presenceFor(box: Box, asker: string): Presence | null {
  if (box.log.life?.presence !== 1 || !isContact(box, asker)) return null;
  return presenceOf(box);
}

/** The first socket opened, or the last one closed. */
export function announce(box: Box): void {
  if (box.log.life?.presence !== 1) return;
  const presence = presenceOf(box);
  for (const name of audience(box)) tellPresence(box, name, presence);
}

/** The user does not let others know any more: the last thing that they hear. */
export function vanish(box: Box, told = audience(box)): void {
  for (const name of told) tellPresence(box, name, { online: false, at: box.log.devices.seen });
}

/** Whoever is told that the user came or went. */
export function audience(box: Box): string[] {
  const names = box.log.peers.latest(TOLD, Number.MAX_SAFE_INTEGER).map(({ name }) => name);
  return names.filter((name) => name !== box.user && isContact(box, name));
}

/** Tells one of them. */
export function tellPresence(box: Box, to: string, presence: Presence): void {
  send(box, { kind: "presence", from: box.user, to, presence });
}

/** Whether the user is here, and since when not. */
export function presenceOf(box: Box): Presence {
  const online = box.sockets.size > 0;
  return { online, at: online ? Date.now() : box.log.devices.seen };
}

function send(box: Box, signal: Signal): void {
  const sent = box.peers.signal(signal).catch((error: unknown) => {
    note("signal_lost", { user: box.user, to: signal.to, kind: signal.kind, reason: reasonOf(error) });
  });
  box.background(sent);
}
