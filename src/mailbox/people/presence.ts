// Presence: what a socket watches, what peers report, and whom the user's own coming and going is sent. Nothing of it
// is stored. Each peer is asked at most once in `SIGNALS.CACHE_MS`; a change is sent to at most `SIGNALS.NOTIFIED`
// contacts, and rate-limited.
import { writeFrame } from "../../protocol/down.ts";
import type { Presence } from "../../protocol/envelope.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { isContact } from "../access/standing.ts";
import type { V1Session } from "../connections/sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import { takeAsk, takeChange } from "../limits/allowance.ts";

/**
 * Replaces the peers that this socket watches. For each new one their presence is sent once it is known; later changes
 * come from the peer.
 */
export function watchPresence(context: MailboxContext, session: V1Session, peers: readonly string[]): void {
  const added = new Set(peers.filter((peer) => !session.watched.includes(peer)));
  session.watched = [...new Set(peers)];
  session.changed = true;
  if (context.log.row?.presence !== 1) return;
  for (const peer of added) lookUp(context, session, peer);
  context.signals.go();
}

/**
 * The user and `peer` have become contacts: sockets that named `peer` before are sent their presence. It asks only if
 * there is such a socket.
 */
export function lookUpForWatchers(context: MailboxContext, peer: string): void {
  const state = context.presence;
  if (context.log.row?.presence !== 1) return;
  // What was received before may be the answer to a stranger.
  state.forget(peer);
  if (state.waiting.has(peer)) state.askAgain.add(peer);
  for (const session of context.sockets.all())
    if (session.kind !== "plain" && session.watched.includes(peer)) lookUp(context, session, peer);
  context.signals.go();
}

function lookUp(context: MailboxContext, session: V1Session, peer: string): void {
  const { waiting } = context.presence;
  const last = context.presence.of(peer);
  if (last !== undefined && Date.now() - last.at < SIGNALS.CACHE_MS) {
    return sendPresence(context, session, peer, last.presence);
  }
  const others = waiting.get(peer);
  if (others !== undefined) return void others.add(session);
  if (peer === context.user || !context.log.peers.has(peer) || !isContact(context, peer)) return;
  waiting.set(peer, new Set([session]));
  queueAsk(context, peer);
}

/** Asks the peer with the calls of this event, or defers that until the token bucket allows it. */
function queueAsk(context: MailboxContext, peer: string): void {
  const wait = takeAsk(context);
  if (wait > 0) {
    context.presence.deferred.add(peer);
    context.signals.wake(Date.now() + wait);
  } else context.signals.add(`ask ${peer}`, () => context.background(ask(context, peer)));
}

async function ask(context: MailboxContext, peer: string): Promise<void> {
  const state = context.presence;
  try {
    const presence = await context.remote.presence(peer, context.user);
    if (presence === null && state.askAgain.delete(peer)) {
      queueAsk(context, peer);
      return context.signals.go();
    }
    state.remember(peer, presence);
    for (const session of state.waiting.get(peer) ?? []) sendPresence(context, session, peer, presence);
    context.sockets.flush();
  } catch (error) {
    logEvent("signal_lost", { user: context.user, to: peer, kind: "watch", reason: reasonOf(error) });
  }
  state.waiting.delete(peer);
  state.askAgain.delete(peer);
}

/** The answer may be older than the user's decision: it comes later, or from the cache. */
function sendPresence(context: MailboxContext, session: V1Session, peer: string, presence: Presence | null): void {
  if (context.log.row?.presence !== 1 || !isContact(context, peer)) return;
  if (presence === null || context.sockets.of(session.ws) !== session || !session.watched.includes(peer)) return;
  session.output.queueFrame(writeFrame({ type: "presence", user: peer, ...presence }));
}

/** Whether the user is online, for `asker`; null for strangers and where the user switched presence off. */
export function presenceFor(context: MailboxContext, asker: string): Presence | null {
  if (context.log.row?.presence !== 1 || !isContact(context, asker)) return null;
  const presence = presenceOf(context);
  // The asker has another state than the last announcement: the next one has to be sent.
  if (context.presence.announced !== presence.online) context.presence.announced = null;
  return presence;
}

/** Whether the user is online, and since when not. With presence switched off the user counts as offline. */
export function presenceOf(context: MailboxContext): Presence {
  const online = context.log.row?.presence === 1 && context.sockets.size > 0;
  return { online, at: online ? Date.now() : context.log.devices.lastSeen };
}

/** Sends contacts the user's presence: the first socket opened, the last one closed, or the setting changed. */
export function announcePresence(context: MailboxContext): void {
  const state = context.presence;
  const wait = takeChange(context);
  state.isAnnouncementDue = wait > 0;
  if (wait > 0) return context.signals.wake(Date.now() + wait);
  state.announced = presenceOf(context).online;
  // The presence is read when the signal leaves: it may have changed again by then.
  for (const name of correspondents(context))
    context.signals.add(`presence ${name}`, () => signalPresence(context, name, presenceOf(context)));
  context.signals.go();
}

/** The alarm of signals: sends the changes and asks the peers that the token buckets deferred. */
export function onPresenceAlarm(context: MailboxContext): void {
  if (!context.signals.onAlarm()) return;
  const state = context.presence;
  if (state.isAnnouncementDue && state.announced === presenceOf(context).online) state.isAnnouncementDue = false;
  if (state.isAnnouncementDue) announcePresence(context);
  const watched = watchedPeers(context);
  const deferred = [...state.deferred];
  state.deferred.clear();
  for (const peer of deferred) {
    if (watched.has(peer)) queueAsk(context, peer);
    else {
      state.waiting.delete(peer);
      state.askAgain.delete(peer);
    }
  }
  context.signals.go();
}

/** All peers whose presence sockets are sent. */
export function watchedPeers(context: MailboxContext): ReadonlySet<string> {
  return new Set([...context.sockets.all()].flatMap((session) => (session.kind === "plain" ? [] : session.watched)));
}

/** The mailbox was erased, so no alarm comes any more: as many of these peers get the signal as one event may call. */
export function goInvisible(context: MailboxContext, names: readonly string[]): void {
  const offline = { online: false, at: context.log.devices.lastSeen };
  for (const name of names) if (context.budget.takeForSignal()) signalPresence(context, name, offline);
}

/** Sends one peer a presence with this event or the next one. */
export function queuePresence(context: MailboxContext, to: string, presence: Presence): void {
  context.signals.add(`presence ${to}`, () => signalPresence(context, to, presence));
  context.signals.go();
}

function signalPresence(context: MailboxContext, to: string, presence: Presence): void {
  const sent = context.remote.signal({ kind: "presence", from: context.user, to, presence }).catch((error: unknown) => {
    logEvent("signal_lost", { user: context.user, to, kind: "presence", reason: reasonOf(error) });
  });
  context.background(sent);
}

/** The contacts with whom the newest entries were exchanged. */
export function correspondents(context: MailboxContext): string[] {
  const latest = context.log.peers.latest(SIGNALS.NOTIFIED, Number.MAX_SAFE_INTEGER).map(({ name }) => name);
  return latest.filter((name) => name !== context.user && isContact(context, name));
}
