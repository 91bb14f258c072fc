// Who is there and who is typing, as it is to be shown: a reload does not flicker, and typing is let go of. Nothing of it is kept.
import type { Signal } from "./tab-messages.ts";
import { Computed } from "./live-value.ts";

/** Whether somebody is there. `at`: last seen, ms since 1970, or since when this was heard. */
export interface Presence {
  readonly online: boolean;
  readonly at: number;
}

/** Ms that somebody who left is still shown: a page that is loaded again is back before. */
const LINGER = 15_000;
/** Ms that typing is shown unless it is said again. */
const TYPING = 10_000;

/** Ms between two words of one's own typing: its receiver shows it for 10 s. */
const TYPING_EVERY = 4_000;
/** People whom one socket may watch. */
const WATCHED = 64;

type Timer = ReturnType<typeof setTimeout>;

export class Signals {
  readonly presence = new Computed<ReadonlyMap<string, Presence>>(() => new Map(this.#presence));
  readonly typing = new Computed<ReadonlySet<string>>(() => new Set(this.#typing.keys()));
  readonly #presence = new Map<string, Presence>();
  readonly #leaving = new Map<string, Timer>();
  readonly #typing = new Map<string, Timer>();
  readonly #typedAt = new Map<string, number>();
  /** Whom each tab watches. */
  readonly #watched = new Map<string, readonly string[]>();

  hear(signal: Signal): void {
    if (signal.type === "typing") this.#types(signal.from);
    else this.#is(signal.user, { online: signal.online, at: signal.at });
  }

  /** Who wrote types no more, and is there. */
  wrote(peer: string): void {
    clearTimeout(this.#typing.get(peer));
    if (this.#typing.delete(peer)) this.typing.changed();
  }

  /** Whether it is to be said that the user types to `peer`. */
  saysTyping(peer: string): boolean {
    const now = Date.now();
    if (now - (this.#typedAt.get(peer) ?? 0) < TYPING_EVERY) return false;
    this.#typedAt.set(peer, now);
    return true;
  }

  /** What was typed was sent. */
  sent(peer: string): void {
    this.#typedAt.delete(peer);
  }

  /** Whom one of the tabs watches from now on. */
  watch(tab: string, peers: readonly string[]): void {
    this.#watched.set(tab, peers);
  }

  /** Whom all tabs watch. */
  get watched(): readonly string[] {
    return [...new Set([...this.#watched.values()].flat())].slice(0, WATCHED);
  }

  /** Without a connection nobody knows: what was known is let go of, unless it is heard again. */
  lost(): void {
    for (const peer of this.#presence.keys()) this.#leave(peer, null);
  }

  end(): void {
    for (const timer of [...this.#leaving.values(), ...this.#typing.values()]) clearTimeout(timer);
    this.presence.end();
    this.typing.end();
  }

  #types(peer: string): void {
    clearTimeout(this.#typing.get(peer));
    const began = !this.#typing.has(peer);
    const timer = setTimeout(() => this.wrote(peer), TYPING);
    this.#typing.set(peer, timer);
    if (began) this.typing.changed();
  }

  #is(peer: string, presence: Presence): void {
    if (!presence.online && this.#presence.get(peer)?.online === true) return this.#leave(peer, presence);
    this.#stay(peer);
    this.#set(peer, presence);
  }

  #leave(peer: string, then: Presence | null): void {
    this.#stay(peer);
    const leave = () => {
      this.#leaving.delete(peer);
      this.#set(peer, then);
    };
    this.#leaving.set(peer, setTimeout(leave, LINGER));
  }

  #stay(peer: string): void {
    clearTimeout(this.#leaving.get(peer));
    this.#leaving.delete(peer);
  }

  #set(peer: string, presence: Presence | null): void {
    if (presence === null) this.#presence.delete(peer);
    else this.#presence.set(peer, presence);
    this.presence.changed();
  }
}
