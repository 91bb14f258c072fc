// A store, a lock and a channel that several clients share, as the tabs of a browser do: test doubles, so that messages
// between tabs come late and in any order.
import { onTestFinished } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import type { Shared, Store } from "../../src/client/store.ts";
import { settle } from "./scripted.ts";

/** The store, the lock and the channel of the tabs of one browser. */
export class SharedStore {
  readonly #store = memoryStore();
  readonly #tabs = new Set<Tab>();
  readonly #queue: { readonly tab: Tab; readonly lead: () => void; readonly lost: () => void }[] = [];
  /** Messages between tabs in transit, while a test holds them back; otherwise they are delivered at once. */
  held: (() => void)[] | null = null;
  /** Whether the tab that was opened last leads next. */
  isReversed = false;

  /** A tab with a client of this user. */
  async tab(): Promise<Restante> {
    const tab = new Tab(this, this.#store);
    this.#tabs.add(tab);
    const me = connect({ url: "http://mailbox.test", userName: "alice", store: tab });
    onTestFinished(() => me.close());
    await settle();
    return me;
  }

  lead(tab: Tab, lost: () => void): Promise<void> {
    return new Promise((lead) => {
      this.#queue.push({ tab, lead, lost });
      if (this.#queue.length === 1) lead();
    });
  }

  leave(tab: Tab): void {
    this.#tabs.delete(tab);
    const at = this.#queue.findIndex((one) => one.tab === tab);
    this.#queue.splice(at, 1);
    if (this.isReversed) this.#queue.reverse();
    if (at === 0) this.#queue[0]?.lead();
  }

  /** The next tab takes over, as from a tab that does not run. The result notifies the former leader. */
  async takeOver(): Promise<() => Promise<void>> {
    const former = this.#queue.shift();
    this.#queue[0]?.lead();
    await settle();
    return async () => {
      former?.lost();
      await settle();
    };
  }

  say(from: Tab, message: unknown): void {
    const copy: unknown = structuredClone(message);
    const deliver = () => {
      for (const tab of this.#tabs) if (tab !== from) tab.receive(copy);
    };
    if (this.held === null) queueMicrotask(deliver);
    else this.held.push(deliver);
  }

  /** Delivers the messages that were held back. */
  async release(): Promise<void> {
    const late = this.held ?? [];
    this.held = null;
    for (const deliver of late) deliver();
    await settle();
  }
}

class Tab implements Store, Shared {
  readonly lasting = true;
  readonly #common: SharedStore;
  readonly #store: Store;
  receive: (message: unknown) => void = () => undefined;

  constructor(common: SharedStore, kept: Store) {
    this.#common = common;
    this.#store = kept;
  }

  get shared(): Shared {
    return this;
  }

  open: Store["open"] = async (name, first) => structuredClone(await this.#store.open(name, first));
  write: Store["write"] = (commit) => this.#store.write(structuredClone(commit));
  piece: Store["piece"] = (...about) => this.#store.piece(...about);
  lead = (lost: () => void) => this.#common.lead(this, lost);
  say = (message: unknown) => this.#common.say(this, message);

  listen(listener: (message: unknown) => void): void {
    this.receive = listener;
  }

  async close(): Promise<void> {
    this.#common.leave(this);
  }
}
