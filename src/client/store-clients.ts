// The clients of one store: one of them is connected, by a core; all see what it commits, and write what is theirs into the store.
// It knows who leads and what clients of a store say to each other; no frame, and nothing of what a commit means.
import { Leader, type LeaderOptions } from "./leader.ts";
import type { ConnectionState } from "./connection.ts";
import { Computed } from "./live-value.ts";
import { newDevice } from "./random-ids.ts";
import { type Commit, type Draft, type Kept, NONE, type Read, type Store, type Why } from "./store.ts";
import type { Notice, TabMessage } from "./tab-messages.ts";
import type { View } from "./view.ts";

/** What any client says to the one that is connected. */
type Asked =
  /** In the store already. */
  | { readonly wrote: Commit }
  | { readonly typing: string }
  | { readonly watch: readonly string[]; readonly tab: string }
  | { readonly ask: "state" | "retry" | "check" };

/** The latest notices that are kept. */
const NOTICES = 20;

type CoreParts = Pick<LeaderOptions, "user" | "since" | "door" | "renew" | "list">;

const CLOSED: Why = { code: "closed", message: "The mailbox was closed before it answered." };
const ENDED = { is: "stopped", code: 1000, message: "This device closed the mailbox." } as const;

export class StoreClients {
  readonly state = new Computed(() => this.#state);
  readonly gaps = new Computed(() => this.#gaps);
  readonly notices = new Computed(() => this.#notices);
  readonly #store: Store;
  readonly #open: () => Promise<Kept>;
  readonly #view: View;
  readonly #parts: CoreParts;
  readonly #ready: Promise<void>;
  readonly #tab = newDevice();
  /** What was written in this moment, and the promise that it is kept. */
  #unwritten = unwritten();
  #written: Promise<void> | null = null;
  #core: Leader | null = null;
  #state: ConnectionState = { is: "connecting" };
  #gaps = 0;
  #notices: readonly Notice[] = [];
  #closed = false;

  /** `open` opens the store, and reads it again when this client begins to lead. */
  constructor(store: Store, open: () => Promise<Kept>, view: View, parts: CoreParts) {
    this.#store = store;
    this.#open = open;
    this.#view = view;
    this.#parts = parts;
    this.#ready = this.#start();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when what was kept is in the view. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** The application has taken more of what was shown. */
  taken(): void {
    this.#core?.ack();
  }

  /** What was written here, and is shown: kept as soon as it can be, and sent by whoever is connected. Resolves when it is kept. */
  write(commit: Commit): Promise<void> {
    const { drafts = NONE, settled = NONE, reads = NONE } = commit;
    this.#unwritten.drafts.push(...drafts);
    this.#unwritten.settled.push(...settled);
    this.#unwritten.reads.push(...reads);
    // What is written in the same moment is kept together.
    if (this.#written === null) {
      this.#written = this.#ready.then(() => {
        const all = this.#unwritten;
        this.#unwritten = unwritten();
        this.#written = null;
        return this.#keep(all);
      });
      // Whoever does not wait for it is told by the connection's state.
      this.#written.catch(() => undefined);
    }
    return this.#written;
  }

  typing(peer: string): void {
    this.#ask({ typing: peer });
  }

  watch(peers: readonly string[]): void {
    this.#ask({ watch: peers, tab: this.#tab });
  }

  retry(): void {
    this.#ask({ ask: "retry" });
  }

  check(): void {
    this.#ask({ ask: "check" });
  }

  async close(forget: boolean): Promise<void> {
    if (this.#closed) return;
    this.#say({ watch: [], tab: this.#tab });
    this.#closed = true;
    const stopped = this.#core?.stop(ENDED.message);
    if (!this.#store.lasting) this.#fail(this.#view.drafts(), CLOSED);
    this.#move(ENDED);
    this.state.end();
    this.gaps.end();
    this.notices.end();
    await this.#ready;
    await stopped;
    await this.#store.close(forget);
  }

  async #start(): Promise<void> {
    try {
      const kept = await this.#open();
      this.#view.apply(kept);
      const { shared } = this.#store;
      if (shared === undefined) return this.#begin(kept);
      shared.listen((word) => this.#hear(word as TabMessage | Asked));
      this.#say({ ask: "state" });
      // Closing gives up the place in the queue, and then nobody leads here.
      shared.lead().then(
        () => this.#lead(),
        () => undefined,
      );
    } catch (error) {
      this.#fault(error);
    }
  }

  /** What was written meanwhile, here and elsewhere, is in the store. */
  async #lead(): Promise<void> {
    try {
      this.#begin(await this.#open());
    } catch (error) {
      this.#fault(error);
    }
  }

  #begin(kept: Kept): void {
    if (this.#closed) return;
    this.#core = new Leader({
      ...this.#parts,
      store: this.#store,
      kept,
      tell: (told) => this.#tell(told),
      taken: () => this.#view.feed.taken(),
    });
    this.#core.watch(this.#view.signals.watched);
    this.#core.start();
  }

  async #keep(commit: Commit): Promise<void> {
    try {
      if (this.#core !== null) return await this.#core.take(commit, false);
      await this.#store.write(commit);
    } catch (error) {
      this.#fail(commit.drafts ?? [], { code: "not_kept", message: `It can't be kept: ${String(error)}` });
      throw error;
    }
    this.#say({ wrote: commit });
    // This client may have begun to lead meanwhile, having read the store before.
    this.#taken(commit);
  }

  /** What is in the store already, for the core if it is here. */
  #taken(commit: Commit): void {
    this.#core?.take(commit, true).catch(() => undefined);
  }

  #fail(drafts: readonly Draft[], failed: Why): void {
    this.#view.apply({ drafts: drafts.map((draft) => ({ ...draft, failed: draft.failed ?? failed })) });
  }

  /** Nothing can be kept, so nothing is shown either; `retry` tries again. */
  #fault(error: unknown): void {
    if (!this.#closed)
      this.#move({ is: "stopped", code: 1000, message: `The store can't be opened: ${String(error)}` });
  }

  #move(state: ConnectionState): void {
    if (this.#state.is === "open" && state.is !== "open") this.#view.signals.lost();
    this.#state = state;
    this.state.changed();
  }

  #say(word: TabMessage | Asked): void {
    if (!this.#closed) this.#store.shared?.say(word);
  }

  /** From the core: here, and to all others. */
  #tell(told: TabMessage): void {
    this.#hear(told);
    this.#say(told);
  }

  /** To whoever is connected: this client, or another one of the store. */
  #ask(word: Asked): void {
    void this.#ready.then(() => {
      this.#hear(word);
      if (this.#core === null || "watch" in word) this.#say(word);
    });
  }

  #hear(word: TabMessage | Asked): void {
    if (this.#closed) return;
    if ("commit" in word) this.#view.apply(word.commit);
    else if ("signal" in word) this.#view.signals.hear(word.signal);
    else if ("state" in word) this.#move(word.state);
    else if ("gap" in word) {
      this.#gaps++;
      this.gaps.changed();
    } else if ("notice" in word) {
      this.#notices = [...this.#notices, word.notice].slice(-NOTICES);
      this.notices.changed();
    } else this.#asked(word);
  }

  #asked(word: Asked): void {
    if ("wrote" in word) {
      this.#view.apply(word.wrote);
      this.#taken(word.wrote);
    } else if ("watch" in word) {
      this.#view.signals.watch(word.tab, word.watch);
      this.#core?.watch(this.#view.signals.watched);
    } else if (this.#core === null) return;
    else if ("typing" in word) this.#core.typing(word.typing);
    else if (word.ask === "state") this.#tell({ state: this.#core.state });
    else if (word.ask === "check") this.#core.check();
    else if (this.#core.broken) void this.#lead();
    else this.#core.start();
  }
}

/** What an application writes in one moment. */
function unwritten(): { readonly drafts: Draft[]; readonly settled: string[]; readonly reads: Read[] } {
  return { drafts: [], settled: [], reads: [] };
}
