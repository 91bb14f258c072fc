// Who is there: what a socket watches, what is heard of peers, and whom the user's own coming and going is told. Nothing of it is stored.
// Each peer is asked at most every few seconds, and a change is told a hundred people at most a few times in ten seconds.
import { write } from "../../protocol/down.ts";
import type { Presence } from "../../protocol/envelope.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { takeAsk, takeChange } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import type { V1Session } from "../connections/sockets.ts";
import { isContact } from "../access/standing.ts";

/** Peers of whom it is remembered what was heard. Answers: many who come and go, as memory. */
const REMEMBERED = 1_000;

/** What a mailbox knows while it is awake. */
interface Known {
  /** What was heard of a peer, and when, ms since 1970; null where the peer does not say. */
  readonly heard: Map<string, { readonly at: number; readonly presence: Presence | null }>;
  /** The sockets that wait for what a peer says, or for the peer to be asked. */
  readonly waiting: Map<string, Set<V1Session>>;
  /** Those of `waiting` who are asked when there is a token for it. */
  readonly deferred: Set<string>;
  /** What the user's correspondents were told last; null for nothing. */
  told: boolean | null;
  /** Whether a change is told when its time has come. */
  isDue: boolean;
}

const known = new WeakMap<MailboxContext, Known>();

function knownOf(context: MailboxContext): Known {
  const before = known.get(context);
  if (before !== undefined) return before;
  const fresh = { heard: new Map(), waiting: new Map(), deferred: new Set<string>(), told: null, isDue: false };
  known.set(context, fresh);
  return fresh;
}

/** What this socket wants to know of whom, from now on. Each newly named is told at once, or asked; later they tell by themselves. */
export function watchPresence(context: MailboxContext, session: V1Session, peers: readonly string[]): void {
  const added = new Set(peers.filter((peer) => !session.watched.includes(peer)));
  session.watched = [...new Set(peers)];
  session.changed = true;
  if (context.log.row?.presence !== 1) return;
  for (const peer of added) look(context, session, peer);
  context.signals.go();
}

function look(context: MailboxContext, session: V1Session, peer: string): void {
  const { heard, waiting } = knownOf(context);
  const last = heard.get(peer);
  if (last !== undefined && Date.now() - last.at < SIGNALS.HEARD_MS) return tell(context, session, peer, last.presence);
  const others = waiting.get(peer);
  if (others !== undefined) return void others.add(session);
  if (peer === context.user || !context.log.peers.has(peer) || !isContact(context, peer)) return;
  waiting.set(peer, new Set([session]));
  askSoon(context, peer);
}

/** Asks the peer with this event's calls, or when there is a token for it. */
function askSoon(context: MailboxContext, peer: string): void {
  const wait = takeAsk(context);
  if (wait > 0) {
    knownOf(context).deferred.add(peer);
    context.signals.wake(Date.now() + wait);
  } else context.signals.add(`ask ${peer}`, () => context.background(ask(context, peer)));
}

async function ask(context: MailboxContext, peer: string): Promise<void> {
  const { heard, waiting } = knownOf(context);
  try {
    const presence = await context.remote.presence(peer, context.user);
    remember(heard, peer, presence);
    for (const session of waiting.get(peer) ?? []) tell(context, session, peer, presence);
    context.sockets.flush();
  } catch (error) {
    logEvent("signal_lost", { user: context.user, to: peer, kind: "watch", reason: reasonOf(error) });
  } finally {
    waiting.delete(peer);
  }
}

function tell(context: MailboxContext, session: V1Session, peer: string, presence: Presence | null): void {
  if (presence === null || context.sockets.of(session.ws) !== session || !session.watched.includes(peer)) return;
  session.output.queueFrame(write({ type: "presence", user: peer, ...presence }));
}

/** A peer came or went. */
export function applyPresence(context: MailboxContext, peer: string, presence: Presence): void {
  remember(knownOf(context).heard, peer, presence);
}

function remember(heard: Known["heard"], peer: string, presence: Presence | null): void {
  heard.delete(peer);
  heard.set(peer, { at: Date.now(), presence });
  const [oldest] = heard.keys();
  if (heard.size > REMEMBERED && oldest !== undefined) heard.delete(oldest);
}

/** Whether the user is online, for `asker`; null for strangers and where the user switched it off. */
export function presenceFor(context: MailboxContext, asker: string): Presence | null {
  if (context.log.row?.presence !== 1 || !isContact(context, asker)) return null;
  return presenceOf(context);
}

/** Whether the user is here, and since when not; who lets nobody know is not. */
export function presenceOf(context: MailboxContext): Presence {
  const online = context.log.row?.presence === 1 && context.sockets.size > 0;
  return { online, at: online ? Date.now() : context.log.devices.seen };
}

/** The first socket opened, the last one closed, or the user lets others know from now on, or no more. */
export function announcePresence(context: MailboxContext): void {
  const own = knownOf(context);
  const wait = takeChange(context);
  own.isDue = wait > 0;
  if (wait > 0) return context.signals.wake(Date.now() + wait);
  own.told = presenceOf(context).online;
  for (const name of correspondents(context))
    context.signals.add(`tell ${name}`, () => tellPresence(context, name, presenceOf(context)));
  context.signals.go();
}

/** An alarm rang: changes are told and peers are asked whose time has come. */
export function onPresenceAlarm(context: MailboxContext): void {
  if (!context.signals.rang()) return;
  const own = knownOf(context);
  if (own.isDue && own.told === presenceOf(context).online) own.isDue = false;
  if (own.isDue) announcePresence(context);
  const watched = new Set(
    [...context.sockets.all()].flatMap((session) => (session.kind === "plain" ? [] : session.watched)),
  );
  const deferred = [...own.deferred];
  own.deferred.clear();
  for (const peer of deferred) {
    if (watched.has(peer)) askSoon(context, peer);
    else own.waiting.delete(peer);
  }
  context.signals.go();
}

/** The mailbox has ended, and no alarm comes any more: as many of these hear of it as one event can tell. */
export function goInvisible(context: MailboxContext, names: readonly string[]): void {
  const gone = { online: false, at: context.log.devices.seen };
  for (const name of names) if (context.budget.takeSpare()) tellPresence(context, name, gone);
}

/** One of them is to know at once, or with the next event. */
export function tellSoon(context: MailboxContext, to: string, presence: Presence): void {
  context.signals.add(`tell ${to}`, () => tellPresence(context, to, presence));
  context.signals.go();
}

function tellPresence(context: MailboxContext, to: string, presence: Presence): void {
  const sent = context.remote.signal({ kind: "presence", from: context.user, to, presence }).catch((error: unknown) => {
    logEvent("signal_lost", { user: context.user, to, kind: "presence", reason: reasonOf(error) });
  });
  context.background(sent);
}

/** Contacts with whom the newest entries were exchanged. */
export function correspondents(context: MailboxContext): string[] {
  const latest = context.log.peers.latest(SIGNALS.TOLD, Number.MAX_SAFE_INTEGER).map(({ name }) => name);
  return latest.filter((name) => name !== context.user && isContact(context, name));
}
