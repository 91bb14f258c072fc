// The log of a fake mailbox: entries and marks, each with a seq, and the numbers that devices have given. It knows no
// socket and no other mailbox.
import type { Marks } from "../client/store.ts";
import type { Frame } from "../protocol/down.ts";

export type MessageFrame = Frame<"message">;
export type FailedFrame = Frame<"failed">;
export type PeerFrame = Frame<"peer">;
export type ClearedFrame = Frame<"cleared">;
type Entry = MessageFrame | FailedFrame | PeerFrame | ClearedFrame;
export type LogFrame = Entry | Frame<"mark">;

const NO_MARKS: Marks = { stored: 0, delivered: 0, read: 0, mine: 0 };

export class FakeLog {
  /** Entries, oldest first. */
  readonly entries: Entry[] = [];
  /** Messages that the user has removed. They count as exchanged, and as sent. */
  readonly removed: MessageFrame[] = [];
  readonly #marks = new Map<string, Marks & { readonly seq: number }>();
  epoch = "e1";
  head: number;
  /** The head when the epoch began. */
  firstSeq = 0;
  /** The highest id of each device. */
  readonly #lastIds = new Map<string, number>();

  constructor(head: number) {
    this.head = head;
  }

  get messages(): MessageFrame[] {
    return this.entries.filter((entry) => entry.type === "message");
  }

  add<F extends Entry>(entry: Omit<F, "seq">): F {
    const added = { ...entry, seq: ++this.head } as F;
    this.entries.push(added);
    return added;
  }

  /** Removes these messages, and returns whether there were any. */
  remove(isRemoved: (message: MessageFrame) => boolean): boolean {
    const removed = new Set<Entry>(this.messages.filter(isRemoved));
    this.removed.push(...this.messages.filter((message) => removed.has(message)));
    this.entries.splice(0, Infinity, ...this.entries.filter((entry) => !removed.has(entry)));
    return removed.size > 0;
  }

  lastId(device: string): number {
    return this.#lastIds.get(device) ?? 0;
  }

  setLastId(device: string, id: number): void {
    this.#lastIds.set(device, id);
  }

  /** The message that a device sent under an id. */
  sent(device: string, id: number): MessageFrame | undefined {
    return [...this.messages, ...this.removed].find((message) => message.id === id && message.device === device);
  }

  marksOf(peer: string): Marks {
    return this.#marks.get(peer) ?? NO_MARKS;
  }

  /** Raises marks; the frame that says so, or null where nothing has changed. */
  raise(peer: string, higher: Partial<Marks>): LogFrame | null {
    const before = this.marksOf(peer);
    const after = { ...before };
    for (const name of ["stored", "delivered", "read", "mine"] as const)
      after[name] = Math.max(before[name], higher[name] ?? 0);
    if (JSON.stringify(after) === JSON.stringify({ ...before })) return null;
    this.#marks.set(peer, { ...after, seq: ++this.head });
    return this.#markOf(peer);
  }

  /** What a device gets after a seq, in the order of the log. */
  after(seq: number): LogFrame[] {
    const marks = [...this.#marks.keys()].map((peer) => this.#markOf(peer));
    return [...this.entries, ...marks]
      .filter((frame) => (frame.seq ?? 0) > seq)
      .toSorted((one, other) => (one.seq ?? 0) - (other.seq ?? 0));
  }

  /** The log begins again, with nothing, in another epoch. */
  startOver(): void {
    this.entries.length = this.removed.length = 0;
    this.clearMarks();
    this.#lastIds.clear();
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.head = this.firstSeq = this.head + 1_000;
  }

  clearMarks(): void {
    this.#marks.clear();
  }

  #markOf(peer: string): LogFrame {
    const { seq, ...marks } = this.#marks.get(peer) ?? { ...NO_MARKS, seq: 0 };
    const known = Object.fromEntries(Object.entries(marks).filter(([, mark]) => mark > 0));
    return { type: "mark", seq, peer, ...known };
  }
}
