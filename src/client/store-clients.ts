// One client among the clients of its store. One of them leads: it is connected. All of them see its commits, and each
// writes its own drafts and reads into the store. It knows who leads and what clients send each other; no frame, and no
// meaning of a commit.
import { Leader, type LeaderOptions } from "./leader.ts";
import type { ConnectionState } from "./connection.ts";
import { Computed, type Stop } from "./live-value.ts";
import { newDevice } from "./random-ids.ts";
import { type Commit, type Draft, type Kept, NONE, type Read, type Store, type Why } from "./store.ts";
import type { Notice, TabMessage, TabRequest } from "./tab-messages.ts";
import type { View } from "./view.ts";

/** The latest notices are shown, at most this many. */
const NOTICES = 20;

/** The options of a leader that do not depend on the store. */
type ServerOptions = Pick<LeaderOptions, "user" | "since" | "addressOf" | "renew" | "listConversations" | "readPage">;

const CLOSED: Why = { code: "closed", message: "The mailbox was closed before it answered." };
const STOPPED = { is: "stopped", code: 1000, reason: "closed", message: "This device closed the mailbox." } as const;

export class StoreClients {
  readonly state = new Computed(() => this.#state);
  readonly gaps = new Computed(() => this.#gaps);
  readonly notices = new Computed(() => this.#notices);
  readonly #store: Store;
  readonly #open: () => Promise<Kept>;
  readonly #view: View;
  readonly #serverOptions: ServerOptions;
  #ready: Promise<void>;
  readonly #tab = newDevice();
  /** Changes that were written in the same task, and the promise that the store has them. */
  #buffer = emptyBuffer();
  #flushing: Promise<void> | null = null;
  #lastFlush: Promise<void> | undefined;
  #leader: Leader | null = null;
  #state: ConnectionState = { is: "connecting" };
  #gaps = 0;
  #notices: readonly Notice[] = [];
  #isClosed = false;

  /** `open` opens the store, and reads it again when this client begins to lead. */
  constructor(store: Store, open: () => Promise<Kept>, view: View, serverOptions: ServerOptions) {
    this.#store = store;
    this.#open = open;
    this.#view = view;
    this.#serverOptions = serverOptions;
    this.#ready = this.#start();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the records of the store are in the view. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** The application has taken more of what was shown. */
  ack(): void {
    this.#leader?.ack();
  }

  /** Stores what was written and shown here; the leader sends it. Resolves when it is stored. */
  write(commit: Commit): Promise<void> {
    const { drafts = NONE, settled = NONE, failures = NONE, reads = NONE, taken } = commit;
    this.#buffer.drafts.push(...drafts);
    this.#buffer.settled.push(...settled);
    this.#buffer.failures.push(...failures);
    this.#buffer.reads.push(...reads);
    this.#buffer.taken = taken ?? this.#buffer.taken;
    // Everything that is written in the same task is one commit.
    if (this.#flushing === null) {
      this.#flushing = this.#ready.then(() => {
        const all = this.#buffer;
        this.#buffer = emptyBuffer();
        this.#flushing = null;
        const drafts = this.#view.keyed.unsent(all.drafts, this.#store);
        // What is written meanwhile is stored after it.
        if (drafts !== null) this.#ready = drafts.then(ignore, ignore);
        return this.#persist(all, drafts);
      });
      // A caller that does not wait for it learns of a failure by the connection's state.
      this.#lastFlush = this.#flushing.catch(ignore);
    }
    return this.#flushing;
  }

  sendTyping(peer: string): void {
    this.#request({ typing: peer });
  }

  /** Watches these users too, until the result is called. */
  watch(peers: readonly string[]): Stop {
    const { watches } = this.#view.signals;
    watches.add(peers);
    this.#sayWatched();
    return () => {
      watches.delete(peers);
      this.#sayWatched();
    };
  }

  ask(ask: "retry" | "check"): void {
    this.#request({ ask });
  }

  async close(forget: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#post({ watch: [], tab: this.#tab });
    this.#isClosed = true;
    const stopped = this.#leader?.stop(STOPPED.message);
    if (!this.#store.lasting) this.#fail([...this.#view.drafts(), ...this.#view.keyed.drafts()], CLOSED);
    this.#setState(STOPPED);
    this.state.end();
    this.gaps.end();
    this.notices.end();
    await this.#ready;
    await stopped;
    await this.#lastFlush;
    await this.#store.close(forget);
  }

  async #start(): Promise<void> {
    try {
      const kept = await this.#open();
      this.#view.apply(kept);
      const { shared } = this.#store;
      if (shared === undefined) return this.#begin(kept);
      shared.listen((message) => this.#receive(message as TabMessage | TabRequest));
      this.#post({ ask: "state" });
      // It rejects when this client closes before it leads.
      shared.lead().then(
        () => this.#lead(),
        () => undefined,
      );
    } catch (error) {
      this.#openFailed(error);
    }
  }

  /** Reads the store again: other clients have written to it meanwhile. */
  async #lead(): Promise<void> {
    try {
      this.#begin(await this.#open());
    } catch (error) {
      this.#openFailed(error);
    }
  }

  #begin(kept: Kept): void {
    if (this.#isClosed) return;
    this.#leader = new Leader({
      ...this.#serverOptions,
      store: this.#store,
      kept,
      publish: (message) => this.#publish(message),
      takenUpTo: () => this.#view.incoming.takenUpTo(),
    });
    this.#leader.watch(this.#view.signals.watched);
    this.#leader.start();
  }

  /** `drafts`: those of the commit that were not sent before, where that has to be looked up. */
  async #persist(all: Commit, drafts: Promise<readonly Draft[]> | null): Promise<void> {
    let commit = all;
    try {
      if (drafts !== null) commit = { ...all, drafts: await drafts };
      if (this.#leader !== null) return await this.#leader.take(commit, false);
      await this.#store.write(commit);
    } catch (error) {
      // Nothing is stored any more: what comes later may be about what is missing now.
      this.#leader?.fail(error);
      this.#fail(commit.drafts ?? [], { code: "not_kept", message: `It can't be kept: ${String(error)}` });
      throw error;
    }
    if (drafts !== null) this.#view.apply({ drafts: commit.drafts ?? NONE });
    this.#post({ wrote: commit });
    // This client may lead now, after it read the store without this commit.
    this.#takeStored(commit);
  }

  /** Gives the leader, where it is here, a commit that the store has already. */
  #takeStored(commit: Commit): void {
    this.#leader?.take(commit, true).catch(() => undefined);
  }

  #fail(drafts: readonly Draft[], failed: Why): void {
    this.#view.apply({ drafts: drafts.map((draft) => ({ ...draft, failed: draft.failed ?? failed })) });
  }

  /** Without a store nothing is shown; `retry` tries again. */
  #openFailed(error: unknown): void {
    const message = `The store can't be opened: ${String(error)}`;
    if (!this.#isClosed) this.#setState({ is: "stopped", code: 1000, reason: "not_kept", message });
  }

  #setState(state: ConnectionState): void {
    if (this.#state.is === "open" && state.is !== "open") this.#view.signals.connectionLost();
    this.#state = state;
    this.state.changed();
    if (state.is === "open") for (const thread of this.#view.threads) thread.retry();
  }

  /** Sends to all other clients of the store. */
  #post(message: TabMessage | TabRequest): void {
    if (!this.#isClosed) this.#store.shared?.say(message);
  }

  /** A message of the leader: for this client and all others. */
  #publish(message: TabMessage): void {
    this.#receive(message);
    this.#post(message);
  }

  /** Says whom this tab watches, after all changes of a task. */
  #sayWatched(): void {
    void this.#ready.then(() => this.#request({ watch: this.#view.signals.own, tab: this.#tab }));
  }

  /** Asks the leader, in this client or in another one. */
  #request(request: TabRequest): void {
    void this.#ready.then(() => {
      this.#receive(request);
      if (this.#leader === null || "watch" in request) this.#post(request);
    });
  }

  #receive(message: TabMessage | TabRequest): void {
    if (this.#isClosed) return;
    if ("commit" in message) this.#view.apply(message.commit);
    else if ("signal" in message) this.#view.signals.apply(message.signal);
    else if ("state" in message) this.#setState(message.state);
    else if ("gap" in message) {
      this.#gaps++;
      this.gaps.changed();
    } else if ("notice" in message) {
      this.#notices = [...this.#notices, message.notice].slice(-NOTICES);
      this.notices.changed();
    } else this.#answer(message);
  }

  #answer(request: TabRequest): void {
    if ("wrote" in request) {
      this.#view.apply(request.wrote);
      this.#takeStored(request.wrote);
      return;
    }
    if ("watch" in request) {
      const { signals } = this.#view;
      signals.watch(request.tab, request.watch);
      if (this.#leader === null) return;
      this.#leader.watch(signals.watched);
      // The mailbox sends the presence of newly named users alone.
      if (request.tab !== this.#tab) for (const signal of signals.known()) this.#post({ signal });
      return;
    }
    // A new tab may lead later: then it has to know whom the others watch.
    if ("ask" in request && request.ask === "state") this.#sayWatched();
    if (this.#leader === null) return;
    if ("typing" in request) this.#leader.sendTyping(request.typing);
    else if (request.ask === "state") this.#publish({ state: this.#leader.state });
    else if (request.ask === "check") this.#leader.check();
    else if (this.#leader.hasFailed) void this.#lead();
    else this.#leader.start();
  }
}

const ignore = () => undefined;

/** What an application writes in one task. */
interface Buffer {
  readonly drafts: Draft[];
  readonly settled: string[];
  readonly failures: Required<Commit>["failures"][number][];
  readonly reads: Read[];
  taken: number | undefined;
}

function emptyBuffer(): Buffer {
  return { drafts: [], settled: [], failures: [], reads: [], taken: undefined };
}
