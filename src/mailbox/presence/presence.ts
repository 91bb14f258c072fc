// Who is there: what a socket watches, what is heard of peers, and whom the user's own coming and going is told. Nothing of it is stored.
// Each peer is asked at most every few seconds, and a change is told a hundred people at most a few times in ten seconds.
import { write } from "../../protocol/down.ts";
import type { Presence } from "../../protocol/envelope.ts";
import { note, reasonOf } from "../../protocol/log-events.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { takeAsk, takeChange } from "../limits/allowance.ts";
import type { Box } from "../context.ts";
import type { Session } from "../connections/sockets.ts";
import { isContact } from "../access/standing.ts";

/** Peers of whom it is remembered what was heard. Answers: many who come and go, as memory. */
const REMEMBERED = 1_000;

/** What a mailbox knows while it is awake. */
interface Known {
  /** What was heard of a peer, and when, ms since 1970; null where the peer does not say. */
  readonly heard: Map<string, { readonly at: number; readonly presence: Presence | null }>;
  /** The sockets that wait for what a peer says, or for the peer to be asked. */
  readonly waiting: Map<string, Set<Session>>;
  /** Those of `waiting` who are asked when there is a token for it. */
  readonly deferred: Set<string>;
  /** What the user's correspondents were told last; null for nothing. */
  told: boolean | null;
  /** Whether a change is told when its time has come. */
  isDue: boolean;
}

const known = new WeakMap<Box, Known>();

function knownOf(box: Box): Known {
  const before = known.get(box);
  if (before !== undefined) return before;
  const fresh = { heard: new Map(), waiting: new Map(), deferred: new Set<string>(), told: null, isDue: false };
  known.set(box, fresh);
  return fresh;
}

/** What this socket wants to know of whom, from now on. Each newly named is told at once, or asked; later they tell by themselves. */
export function watch(box: Box, session: Session, peers: readonly string[]): void {
  const added = new Set(peers.filter((peer) => !session.watched.includes(peer)));
  session.watched = [...new Set(peers)];
  session.changed = true;
  if (box.log.life?.presence !== 1) return;
  for (const peer of added) look(box, session, peer);
  box.signals.go();
}

function look(box: Box, session: Session, peer: string): void {
  const { heard, waiting } = knownOf(box);
  const last = heard.get(peer);
  if (last !== undefined && Date.now() - last.at < SIGNALS.HEARD_MS) return tell(box, session, peer, last.presence);
  const others = waiting.get(peer);
  if (others !== undefined) return void others.add(session);
  if (peer === box.user || !box.log.peers.has(peer) || !isContact(box, peer)) return;
  waiting.set(peer, new Set([session]));
  askSoon(box, peer);
}

/** Asks the peer with this event's calls, or when there is a token for it. */
function askSoon(box: Box, peer: string): void {
  const wait = takeAsk(box);
  if (wait > 0) {
    knownOf(box).deferred.add(peer);
    box.signals.wake(Date.now() + wait);
  } else box.signals.add(`ask ${peer}`, () => box.background(ask(box, peer)));
}

async function ask(box: Box, peer: string): Promise<void> {
  const { heard, waiting } = knownOf(box);
  try {
    const presence = await box.peers.presence(peer, box.user);
    remember(heard, peer, presence);
    for (const session of waiting.get(peer) ?? []) tell(box, session, peer, presence);
    box.sockets.flush();
  } catch (error) {
    note("signal_lost", { user: box.user, to: peer, kind: "watch", reason: reasonOf(error) });
  } finally {
    waiting.delete(peer);
  }
}

function tell(box: Box, session: Session, peer: string, presence: Presence | null): void {
  if (presence === null || box.sockets.of(session.ws) !== session || !session.watched.includes(peer)) return;
  box.sockets.say(session, write({ type: "presence", user: peer, ...presence }));
}

/** A peer came or went. */
export function hearPresence(box: Box, peer: string, presence: Presence): void {
  remember(knownOf(box).heard, peer, presence);
}

function remember(heard: Known["heard"], peer: string, presence: Presence | null): void {
  heard.delete(peer);
  heard.set(peer, { at: Date.now(), presence });
  const [oldest] = heard.keys();
  if (heard.size > REMEMBERED && oldest !== undefined) heard.delete(oldest);
}

/** Whether the user is online, for `asker`; null for strangers and where the user switched it off. */
export function presenceFor(box: Box, asker: string): Presence | null {
  if (box.log.life?.presence !== 1 || !isContact(box, asker)) return null;
  return presenceOf(box);
}

/** Whether the user is here, and since when not; who lets nobody know is not. */
export function presenceOf(box: Box): Presence {
  const online = box.log.life?.presence === 1 && box.sockets.size > 0;
  return { online, at: online ? Date.now() : box.log.devices.seen };
}

/** The first socket opened, the last one closed, or the user lets others know from now on, or no more. */
export function announce(box: Box): void {
  const own = knownOf(box);
  const wait = takeChange(box);
  own.isDue = wait > 0;
  if (wait > 0) return box.signals.wake(Date.now() + wait);
  own.told = presenceOf(box).online;
  for (const name of correspondents(box))
    box.signals.add(`tell ${name}`, () => tellPresence(box, name, presenceOf(box)));
  box.signals.go();
}

/** An alarm rang: changes are told and peers are asked whose time has come. */
export function ringPresence(box: Box): void {
  if (!box.signals.rang()) return;
  const own = knownOf(box);
  if (own.isDue && own.told === presenceOf(box).online) own.isDue = false;
  if (own.isDue) announce(box);
  const watched = new Set([...box.sockets.all()].flatMap((session) => session.watched));
  const deferred = [...own.deferred];
  own.deferred.clear();
  for (const peer of deferred) {
    if (watched.has(peer)) askSoon(box, peer);
    else own.waiting.delete(peer);
  }
  box.signals.go();
}

/** The mailbox has ended, and no alarm comes any more: as many of these hear of it as one event can tell. */
export function vanish(box: Box, names: readonly string[]): void {
  const gone = { online: false, at: box.log.devices.seen };
  for (const name of names) if (box.budget.takeSpare()) tellPresence(box, name, gone);
}

/** One of them is to know at once, or with the next event. */
export function tellSoon(box: Box, to: string, presence: Presence): void {
  box.signals.add(`tell ${to}`, () => tellPresence(box, to, presence));
  box.signals.go();
}

function tellPresence(box: Box, to: string, presence: Presence): void {
  const sent = box.peers.signal({ kind: "presence", from: box.user, to, presence }).catch((error: unknown) => {
    note("signal_lost", { user: box.user, to, kind: "presence", reason: reasonOf(error) });
  });
  box.background(sent);
}

/** Contacts with whom the newest entries were exchanged. */
export function correspondents(box: Box): string[] {
  const latest = box.log.peers.latest(SIGNALS.TOLD, Number.MAX_SAFE_INTEGER).map(({ name }) => name);
  return latest.filter((name) => name !== box.user && isContact(box, name));
}
