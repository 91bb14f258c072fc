// Who is online and who is typing, as it is shown: a reload of the peer does not flicker, and typing expires. Nothing
// of it is stored.
import { monotonicMs, type Timer } from "./clock.ts";
import type { Signal } from "./tab-messages.ts";
import { Computed } from "./live-value.ts";

/** Whether somebody is online. `at`: last seen, ms since 1970, or the time of the last signal. */
export interface Presence {
  readonly online: boolean;
  readonly at: number;
}

/** A user who went offline is still shown as online for this time: a page that is loaded again is back before. */
const LINGER_MS = 15_000;
/** Typing is shown for this time after its last signal. */
const TYPING_MS = 10_000;
/** The least time between two signals that this user types: the receiver shows each for 10 s. */
const TYPING_INTERVAL_MS = 4_000;
/** Users that one socket may watch. */
const MAX_WATCHED = 64;

/** A user who is shown as online for a while longer, and what is shown then. */
interface Leaving {
  readonly timer: Timer;
  readonly next: Presence | null;
}

export class Signals {
  readonly presence = new Computed<ReadonlyMap<string, Presence>>(() => new Map(this.#presence));
  readonly typing = new Computed<ReadonlySet<string>>(() => new Set(this.#typing.keys()));
  readonly #presence = new Map<string, Presence>();
  readonly #leaving = new Map<string, Leaving>();
  readonly #typing = new Map<string, Timer>();
  /** Monotonic ms. */
  readonly #typedAt = new Map<string, number>();
  /** The users that each part of this application watches. */
  readonly watches = new Set<readonly string[]>();
  /** The users that each tab watches. */
  readonly #tabs = new Map<string, readonly string[]>();
  /** The users that any tab watches. */
  watched: readonly string[] = [];

  apply(signal: Signal): void {
    if (signal.type === "typing") this.#startTyping(signal.from);
    else this.#setPresence(signal.user, { online: signal.online, at: signal.at });
  }

  stopTyping(peer: string): void {
    clearTimeout(this.#typing.get(peer));
    if (this.#typing.delete(peer)) this.typing.changed();
  }

  /** Whether a signal that the user types to `peer` is due. */
  mayReportTyping(peer: string): boolean {
    const now = monotonicMs();
    if (now - (this.#typedAt.get(peer) ?? -Infinity) < TYPING_INTERVAL_MS) return false;
    this.#typedAt.set(peer, now);
    return true;
  }

  /** The next typing is reported at once. */
  messageSent(peer: string): void {
    this.#typedAt.delete(peer);
  }

  /** The users that this tab watches. */
  get own(): readonly string[] {
    return firstOfEach(this.watches);
  }

  /** Replaces the users that one of the tabs watches. Who is no longer watched is not shown any more. */
  watch(tab: string, peers: readonly string[]): void {
    this.#tabs.set(tab, peers);
    this.watched = firstOfEach(this.#tabs.values());
    for (const peer of this.#presence.keys()) {
      if (this.watched.includes(peer)) continue;
      this.#cancelLeave(peer);
      this.#set(peer, null);
    }
  }

  /** The presence that is known, for a tab that begins to watch. */
  known(): Signal[] {
    return [...this.#presence].flatMap(([user, presence]) => {
      const now = this.#leaving.has(user) ? this.#leaving.get(user)?.next : presence;
      return now ? [{ type: "presence", user, ...now }] : [];
    });
  }

  /** Without a connection the presence of all becomes unknown, unless it is signalled again in time. */
  connectionLost(): void {
    for (const peer of this.#presence.keys()) this.#leaveLater(peer, null);
  }

  end(): void {
    for (const peer of this.#leaving.keys()) this.#cancelLeave(peer);
    for (const timer of this.#typing.values()) clearTimeout(timer);
    this.presence.end();
    this.typing.end();
  }

  #startTyping(peer: string): void {
    clearTimeout(this.#typing.get(peer));
    const isNew = !this.#typing.has(peer);
    const timer = setTimeout(() => this.stopTyping(peer), TYPING_MS);
    this.#typing.set(peer, timer);
    if (isNew) this.typing.changed();
  }

  #setPresence(peer: string, presence: Presence): void {
    // It was on its way when the user was no longer watched.
    if (!this.watched.includes(peer)) return;
    if (!presence.online && this.#presence.get(peer)?.online === true) return this.#leaveLater(peer, presence);
    this.#cancelLeave(peer);
    this.#set(peer, presence);
  }

  #leaveLater(peer: string, next: Presence | null): void {
    this.#cancelLeave(peer);
    const leave = () => {
      this.#leaving.delete(peer);
      this.#set(peer, next);
    };
    this.#leaving.set(peer, { timer: setTimeout(leave, LINGER_MS), next });
  }

  #cancelLeave(peer: string): void {
    clearTimeout(this.#leaving.get(peer)?.timer);
    this.#leaving.delete(peer);
  }

  #set(peer: string, presence: Presence | null): void {
    if (presence === null) this.#presence.delete(peer);
    else this.#presence.set(peer, presence);
    this.presence.changed();
  }
}

/** As many users as may be watched: the first ones of each list, in turn. */
function firstOfEach(lists: Iterable<readonly string[]>): readonly string[] {
  const all = [...lists];
  const names = Array.from({ length: MAX_WATCHED }, (_, i) => all.flatMap((list) => list[i] ?? []));
  return [...new Set(names.flat())].slice(0, MAX_WATCHED);
}
