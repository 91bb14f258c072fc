// A history, indexed for the checker: who sent a message, who was notified about it and shown it, and who holds it. It
// checks nothing.
import { type Event, type Held, type History, userOf, type DeviceId } from "./history.ts";

type EventOf<I extends Event["is"]> = Extract<Event, { readonly is: I }>;
type Indexed<I extends Event["is"]> = EventOf<I> & { readonly index: number };

/** A message as its sender knows it; `index` is the index of its event. */
export interface Sent {
  readonly index: number;
  readonly by: DeviceId;
  readonly user: string;
  readonly to: string;
  readonly word: string;
}

/** A message on a device or in a mailbox. `who` begins a sentence. */
interface Appearance {
  readonly who: string;
  readonly owner: string;
  readonly from: string;
  readonly word: string;
  readonly seq: number | null;
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

export class IndexedHistory {
  readonly history: History;
  readonly sent: Sent[] = [];
  readonly byWord = new Map<string, Sent>();
  readonly notifications: Indexed<"notified">[] = [];
  /** The event that first notified the sender that the message was accepted. */
  readonly acceptedAt = new Map<string, number>();
  readonly failed = new Set<string>();
  readonly shown: Indexed<"shown">[] = [];
  readonly restarted = new Set<DeviceId>();
  /** Every conversation, from both sides. */
  readonly conversations: [user: string, peer: string][] = [];
  readonly #shownTo = new Map<DeviceId, Map<string, Indexed<"shown">>>();
  /** By receiver and word: the event in which a device of the receiver was first shown it, and its seq there. */
  readonly #firstShown = new Map<string, { readonly index: number; readonly seq: number }>();
  readonly #reads = new Map<string, { readonly index: number; readonly seq: number }[]>();
  readonly #devices = new Map<string, Set<DeviceId>>();
  readonly #held = new Map<string, Map<string, Held>>();

  constructor(history: History) {
    this.history = history;
    for (const [index, event] of history.events.entries()) this.#event(index, event);
    for (const { user, device, peer, messages } of history.holdings) {
      if (device === null) this.conversations.push([user, peer]);
      else this.#device(`${user}/${device}`);
      const held = new Map(messages.map((message) => [message.word, message]));
      this.#held.set(`${device === null ? user : `${user}/${device}`} ${peer}`, held);
    }
    // An arrow function, so that the checker can destructure it.
    this.logOf = (user, peer) => this.#held.get(`${user} ${peer}`) ?? NONE;
  }

  readonly logOf: (user: string, peer: string) => ReadonlyMap<string, Held>;

  heldBy(device: DeviceId, peer: string): ReadonlyMap<string, Held> {
    return this.#held.get(`${device} ${peer}`) ?? NONE;
  }

  devicesOf(user: string): Iterable<DeviceId> {
    return this.#devices.get(user) ?? [];
  }

  shownTo(device: DeviceId): ReadonlyMap<string, unknown> {
    return this.#shownTo.get(device) ?? NONE;
  }

  /**
   * Whether a device of the receiver had it at that event. A message that was stored but not shown when its application
   * was closed is not recorded.
   */
  wasShown({ word, to }: Sent, index: number): boolean {
    const first = this.#firstShown.get(`${to} ${word}`);
    return (
      (first !== undefined && first.index < index) ||
      [...this.devicesOf(to)].some((device) => this.restarted.has(device))
    );
  }

  wasRead({ word, to, user }: Sent, index: number): boolean {
    const seq = this.#firstShown.get(`${to} ${word}`)?.seq;
    if (seq === undefined) return this.wasShown({ word, to } as Sent, index);
    return (this.#reads.get(`${to} ${user}`) ?? []).some((read) => read.index < index && read.seq >= seq);
  }

  wasRestored(user: string): boolean {
    return this.history.restores.some((one) => one.user === null || one.user === user);
  }

  /**
   * Whether this message may be missing in `owner`'s mailbox, and on devices that did not have it: it was accepted
   * after the copy was made and before the restore. If one mailbox alone was restored, the others send their messages
   * again. An application that was closed received no notification: the message was then accepted at any time between
   * its sending and the first showing to the receiver.
   */
  mayBeLost(message: Sent, owner: string): boolean {
    const { by, to, word, user, index } = message;
    const accepted = this.acceptedAt.get(word);
    if (accepted === undefined && !this.restarted.has(by)) return false;
    const earliest = accepted ?? index;
    const latest = accepted ?? this.#firstShown.get(`${to} ${word}`)?.index ?? Number.POSITIVE_INFINITY;
    return this.history.restores.some((one) => {
      const fits = one.user === null || (one.user === owner && owner === user);
      return fits && earliest < one.after && latest >= one.copied;
    });
  }

  wordMayBeLost(word: string, owner: string): boolean {
    const message = this.byWord.get(word);
    return message !== undefined && this.mayBeLost(message, owner);
  }

  /**
   * Whether it may have been accepted, or have reached its receiver, in the time that a restore removed from a mailbox.
   */
  isInLostTime(word: string): boolean {
    const sent = this.byWord.get(word);
    if (sent === undefined) return false;
    const accepted = this.acceptedAt.get(word) ?? Number.POSITIVE_INFINITY;
    const arrived = this.#firstShown.get(`${sent.to} ${word}`)?.index ?? accepted;
    return this.history.restores.some(
      ({ copied, after }) => sent.index < after && Math.max(accepted, arrived) >= copied,
    );
  }

  /**
   * Whether its sender had no answer when the sender's mailbox was restored: it may have been accepted, so it is sent
   * again as a new message.
   */
  wasUnansweredAtRestore(word: string): boolean {
    const message = this.byWord.get(word);
    if (message === undefined) return false;
    const accepted = this.acceptedAt.get(word) ?? Number.POSITIVE_INFINITY;
    return this.history.restores.some(({ user, after }) => {
      return (user === null || user === message.user) && message.index < after && accepted >= after;
    });
  }

  /** The words that each device was shown, that it holds, and that each log has, in order, by conversation. */
  *sequences(): Generator<[who: string, words: string[]]> {
    const shown = Map.groupBy(this.shown, ({ by }) => by);
    for (const [by, events] of shown) yield [`${by} was shown`, events.map(({ word }) => word)];
    for (const { user, device, peer, messages } of this.history.holdings) {
      const who = device === null ? `the mailbox of ${user} has` : `${user}/${device} holds`;
      yield [`${who} with ${peer}:`, messages.filter(({ seq }) => seq !== null).map(({ word }) => word)];
    }
  }

  appearances(): Appearance[] {
    const shown = this.shown.map(({ by, from, word, seq }) => {
      return { who: `${by} was shown`, owner: userOf(by), from, word, seq };
    });
    const held = this.history.holdings.flatMap(({ user, device, messages }) => {
      const who = device === null ? `the mailbox of ${user} has` : `${user}/${device} holds`;
      return messages.map(({ from, word, seq }) => ({ who, owner: user, from, word, seq }));
    });
    return [...shown, ...held];
  }

  #device(device: DeviceId): void {
    const user = userOf(device);
    const devices = this.#devices.get(user) ?? new Set();
    this.#devices.set(user, devices.add(device));
  }

  #event(index: number, event: Event): void {
    const { by } = event;
    this.#device(by);
    switch (event.is) {
      case "sent": {
        const message = { index, by, user: userOf(by), to: event.to, word: event.word };
        this.sent.push(message);
        this.byWord.set(event.word, message);
        break;
      }
      case "notified":
        this.notifications.push({ ...event, index });
        if (event.state === "failed") this.failed.add(event.word);
        else if (!this.acceptedAt.has(event.word)) this.acceptedAt.set(event.word, index);
        break;
      case "shown": {
        this.shown.push({ ...event, index });
        const shown = this.#shownTo.get(by) ?? new Map<string, Indexed<"shown">>();
        this.#shownTo.set(by, shown.set(event.word, { ...event, index }));
        const key = `${userOf(by)} ${event.word}`;
        if (!this.#firstShown.has(key)) this.#firstShown.set(key, { index, seq: event.seq });
        break;
      }
      case "read": {
        const pair = `${userOf(by)} ${event.peer}`;
        const seq = this.#firstShown.get(`${userOf(by)} ${event.word}`)?.seq ?? 0;
        this.#reads.set(pair, [...(this.#reads.get(pair) ?? []), { index, seq }]);
        break;
      }
      case "restarted":
        this.restarted.add(by);
        break;
      case "gap":
      case "connection":
      case "offline":
      case "online":
        break;
      default:
        event satisfies never;
    }
  }
}
