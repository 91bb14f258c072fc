// A history, put in order for the checker: who sent what, who was told and shown it, and where it lies. It judges nothing.
import { type Event, type Held, type History, userOf, type Who } from "./history.ts";

type Of<I extends Event["is"]> = Extract<Event, { readonly is: I }>;
type At<I extends Event["is"]> = Of<I> & { readonly index: number };

/** A message as its sender knows it; `index` is its event. */
export interface Sent {
  readonly index: number;
  readonly by: Who;
  readonly user: string;
  readonly to: string;
  readonly word: string;
}

/** A message where somebody saw it. `who` begins a sentence. */
interface Appearance {
  readonly who: string;
  readonly owner: string;
  readonly from: string;
  readonly word: string;
  readonly seq: number | null;
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

export class Facts {
  readonly history: History;
  readonly sent: Sent[] = [];
  readonly byWord = new Map<string, Sent>();
  readonly told: At<"told">[] = [];
  /** When its sender was first told that it was accepted. */
  readonly toldFirst = new Map<string, number>();
  readonly failed = new Set<string>();
  readonly shown: At<"shown">[] = [];
  readonly restarted = new Set<Who>();
  /** Of everybody who is spoken of, and whom they talked with. */
  readonly conversations: [user: string, peer: string][] = [];
  readonly #shownTo = new Map<Who, Map<string, At<"shown">>>();
  /** By receiver and word: the first time that any device of the receiver was shown it, and its number there. */
  readonly #reached = new Map<string, { readonly index: number; readonly seq: number }>();
  readonly #reads = new Map<string, { readonly index: number; readonly seq: number }[]>();
  readonly #devices = new Map<string, Set<Who>>();
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
    // Arrow functions, so that the checker can take them apart.
    this.logOf = (user, peer) => this.#held.get(`${user} ${peer}`) ?? NONE;
  }

  readonly logOf: (user: string, peer: string) => ReadonlyMap<string, Held>;

  heldBy(device: Who, peer: string): ReadonlyMap<string, Held> {
    return this.#held.get(`${device} ${peer}`) ?? NONE;
  }

  devicesOf(user: string): Iterable<Who> {
    return this.#devices.get(user) ?? [];
  }

  shownTo(device: Who): ReadonlyMap<string, unknown> {
    return this.#shownTo.get(device) ?? NONE;
  }

  /** Whether a device of the receiver had it then. What was kept and not shown when an application was closed is on no record. */
  wasShown({ word, to }: Sent, index: number): boolean {
    const first = this.#reached.get(`${to} ${word}`);
    return (
      (first !== undefined && first.index < index) || [...this.devicesOf(to)].some((who) => this.restarted.has(who))
    );
  }

  wasRead({ word, to, user }: Sent, index: number): boolean {
    const seq = this.#reached.get(`${to} ${word}`)?.seq;
    if (seq === undefined) return this.wasShown({ word, to } as Sent, index);
    return (this.#reads.get(`${to} ${user}`) ?? []).some((read) => read.index < index && read.seq >= seq);
  }

  setBackOf(user: string): boolean {
    return this.history.setBack.some((one) => one.user === null || one.user === user);
  }

  /**
   * Whether this message may be missing in `owner`'s mailbox, and on the devices that did not have it: it was accepted after the copy was
   * made, and before it was put back. What one mailbox alone lost of what others sent, they send again. An application that was closed
   * was not told: then it is any time after it was sent, and before the receiver was shown it.
   */
  gone(message: Sent, owner: string): boolean {
    const { by, to, word, user, index } = message;
    const told = this.toldFirst.get(word);
    if (told === undefined && !this.restarted.has(by)) return false;
    const earliest = told ?? index;
    const latest = told ?? this.#reached.get(`${to} ${word}`)?.index ?? Number.POSITIVE_INFINITY;
    return this.history.setBack.some((one) => {
      const fits = one.user === null || (one.user === owner && owner === user);
      return fits && earliest < one.after && latest >= one.copied;
    });
  }

  isGone(word: string, owner: string): boolean {
    const message = this.byWord.get(word);
    return message !== undefined && this.gone(message, owner);
  }

  /** Whether it may have been taken, or have come to its receiver, in a time that some mailbox knows nothing of any more. */
  disturbed(word: string): boolean {
    const sent = this.byWord.get(word);
    if (sent === undefined) return false;
    const told = this.toldFirst.get(word) ?? Number.POSITIVE_INFINITY;
    const came = this.#reached.get(`${sent.to} ${word}`)?.index ?? told;
    return this.history.setBack.some(({ copied, after }) => sent.index < after && Math.max(told, came) >= copied);
  }

  /** Its sender had no answer when the sender's mailbox was set back: nobody can know that it was taken, so it is sent as a new one. */
  unansweredWhenSetBack(word: string): boolean {
    const message = this.byWord.get(word);
    if (message === undefined) return false;
    const told = this.toldFirst.get(word) ?? Number.POSITIVE_INFINITY;
    return this.history.setBack.some(({ user, after }) => {
      return (user === null || user === message.user) && message.index < after && told >= after;
    });
  }

  /** What each device was shown, what it holds, and what each log has, conversation by conversation: words in their order. */
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

  #device(who: Who): void {
    const user = userOf(who);
    const devices = this.#devices.get(user) ?? new Set();
    this.#devices.set(user, devices.add(who));
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
      case "told":
        this.told.push({ ...event, index });
        if (event.state === "failed") this.failed.add(event.word);
        else if (!this.toldFirst.has(event.word)) this.toldFirst.set(event.word, index);
        break;
      case "shown": {
        this.shown.push({ ...event, index });
        const shown = this.#shownTo.get(by) ?? new Map<string, At<"shown">>();
        this.#shownTo.set(by, shown.set(event.word, { ...event, index }));
        const reached = `${userOf(by)} ${event.word}`;
        if (!this.#reached.has(reached)) this.#reached.set(reached, { index, seq: event.seq });
        break;
      }
      case "read": {
        const lane = `${userOf(by)} ${event.peer}`;
        const seq = this.#reached.get(`${userOf(by)} ${event.word}`)?.seq ?? 0;
        this.#reads.set(lane, [...(this.#reads.get(lane) ?? []), { index, seq }]);
        break;
      }
      case "restarted":
        this.restarted.add(by);
        break;
      case "gap":
      case "line":
      case "away":
      case "back":
        break;
      default:
        event satisfies never;
    }
  }
}
