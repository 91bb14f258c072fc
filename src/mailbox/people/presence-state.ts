// The presence and typing that one mailbox knows of, while it is in memory. Nothing of it is stored.
import type { Presence } from "../../protocol/envelope.ts";
import type { V1Session } from "../connections/sockets.ts";

/** Peers whose presence is remembered. Answers: many who come and go, as memory. */
const MAX_REMEMBERED = 1_000;

export class PresenceState {
  /** The presence of a peer, and when it was received, ms since 1970; null if the peer does not share it. */
  readonly #received = new Map<string, { readonly at: number; readonly presence: Presence | null }>();
  /** The sockets that wait for a peer's presence, or for the peer to be asked. */
  readonly waiting = new Map<string, Set<V1Session>>();
  /** Those of `waiting` that are asked when the token bucket allows it. */
  readonly deferred = new Set<string>();
  /** Those of `waiting` that became contacts while they were asked: their answer may still be one to a stranger. */
  readonly askAgain = new Set<string>();
  /** The last state that the user's contacts were sent; null before the first. */
  announced: boolean | null = null;
  /** Whether a change waits for the token bucket. */
  isAnnouncementDue = false;
  /** When the user last typed to whom, ms since 1970, the latest at the end. */
  readonly typedAt = new Map<string, number>();

  of(peer: string): { readonly at: number; readonly presence: Presence | null } | undefined {
    return this.#received.get(peer);
  }

  forget(peer: string): void {
    this.#received.delete(peer);
  }

  remember(peer: string, presence: Presence | null): void {
    this.#received.delete(peer);
    this.#received.set(peer, { at: Date.now(), presence });
    const [oldest] = this.#received.keys();
    if (this.#received.size > MAX_REMEMBERED && oldest !== undefined) this.#received.delete(oldest);
  }
}
