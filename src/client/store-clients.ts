// One client among the clients of its store. One of them leads: it is connected. All of them see its commits, and each
// writes its own drafts and reads into the store. It knows who leads and what clients send each other; no frame, and no
// meaning of a commit.
import type { Leader } from "./leader.ts";
import { Leadership, type ServerOptions } from "./leadership.ts";
import type { ConnectionState } from "./connection.ts";
import { Computed, type Live } from "./live-value.ts";
import { newDevice } from "./random-ids.ts";
import { DURABLE, isFull, isOutdated, type StorageState } from "./storage-state.ts";
import { type Commit, type Draft, type Kept, NONE, type Read, type Store, type Why } from "./store.ts";
import type { Ending, Notice, StoreMessage, TabMessage, TabRequest } from "./tab-messages.ts";
import type { View } from "./view.ts";

/** The latest notices are shown, at most this many. */
const NOTICES = 20;

const CLOSED: Why = { code: "closed", message: "The mailbox was closed before it answered." };
/** Why a client has ended, by its reason. */
const ENDINGS = {
  closed: "This device closed the mailbox.",
  signed_out: "Another tab has signed out.",
  outdated: "A later version is open in this browser. Load the page again.",
} as const;

export class StoreClients {
  readonly state = new Computed(() => this.#state);
  readonly gaps = new Computed(() => this.#gaps);
  readonly notices = new Computed(() => this.#notices);
  readonly #store: Store;
  readonly #view: View;
  readonly #leadership: Leadership;
  readonly #open: (last?: Kept) => Promise<Kept>;
  #ready: Promise<void>;
  #hasOpenFailed = false;
  #hasStarted = false;
  readonly #tab = newDevice();
  /** Changes that were written in the same task, and the promise that the store has them. */
  #buffer = emptyBuffer();
  #flushing: Promise<void> | null = null;
  #state: ConnectionState = { is: "connecting" };
  #gaps = 0;
  #notices: readonly Notice[] = [];
  #isClosed = false;
  #closing: Promise<void> | null = null;
  #ending: "closed" | Ending | null = null;

  /** `open` opens the store, and reads it again when this client begins to lead. */
  constructor(store: Store, open: (last?: Kept) => Promise<Kept>, view: View, server: ServerOptions) {
    this.#store = store;
    this.#view = view;
    this.#leadership = new Leadership({
      store,
      view,
      server,
      open,
      publish: (message, isForAll) => this.#publish(message, isForAll),
      lost: () => this.#post({ ask: "state" }),
      openFailed: (error) => this.#openFailed(error),
    });
    this.#open = open;
    this.#ready = this.#start();
  }

  get #leader(): Leader | null {
    return this.#leadership.leader;
  }

  get storage(): Live<StorageState> {
    const fixed: StorageState = this.#store.lasting ? DURABLE : { is: "memory", reason: "chosen" };
    return this.#store.storage ?? new Computed(() => fixed);
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
    const { drafts = NONE, settled = NONE, reads = NONE } = commit;
    this.#buffer.drafts.push(...drafts);
    this.#buffer.settled.push(...settled);
    this.#buffer.reads.push(...reads);
    // Everything that is written in the same task is one commit.
    if (this.#flushing === null) {
      this.#flushing = this.#ready.then(() => {
        const all = this.#buffer;
        this.#buffer = emptyBuffer();
        this.#flushing = null;
        return this.#persist(all);
      });
      // A caller that does not wait for it learns of a failure by the connection's state.
      this.#flushing.catch(() => undefined);
    }
    return this.#flushing;
  }

  sendTyping(peer: string): void {
    this.#request({ typing: peer });
  }

  watch(peers: readonly string[]): void {
    this.#request({ watch: peers, tab: this.#tab });
  }

  ask(ask: "retry" | "check"): void {
    if (ask === "retry" && this.#hasOpenFailed && !this.#isClosed) return this.#openAgain();
    this.#request({ ask });
  }

  async close(forget: boolean): Promise<void> {
    const ending = this.#ending;
    if (forget) this.#post({ ended: "signed_out" });
    this.#closing ??= this.#end("closed", forget);
    await this.#closing;
    // The records are still there.
    if (ending === "outdated" && forget) await this.#store.close(true);
  }

  async #end(reason: "closed" | Ending, forget = false): Promise<void> {
    const message = ENDINGS[reason];
    this.#post({ watch: [], tab: this.#tab });
    this.#isClosed = true;
    this.#ending = reason;
    this.#leadership.end();
    const stopped = reason === "closed" ? this.#leader?.stop(message) : this.#leadership.abandon();
    if (reason === "signed_out" || !this.#store.lasting) this.#fail(this.#view.drafts(), CLOSED);
    this.#setState({ is: "stopped", code: 1000, reason, message });
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
      this.#show(kept);
      this.#hasStarted = true;
      this.#store.shared?.listen((message) => this.#receive(message as TabMessage | TabRequest | StoreMessage));
      this.#post({ ask: "state" });
      this.#leadership.follow(kept);
    } catch (error) {
      this.#openFailed(error);
    }
  }

  #openAgain(): void {
    this.#hasOpenFailed = false;
    this.#setState({ is: "connecting" });
    if (this.#hasStarted) void this.#leadership.reopen();
    else this.#ready = this.#start();
  }

  async #persist(commit: Commit, isRetry = false): Promise<void> {
    const leader = this.#leader;
    try {
      if (leader !== null) return await leader.take(commit, false);
      await this.#store.write(commit);
    } catch (error) {
      if (!isRetry && (await this.#mayRetry(error, leader))) return this.#persist(commit, true);
      this.#fail(commit.drafts ?? [], { code: "not_kept", message: `It can't be kept: ${String(error)}` });
      throw error;
    }
    this.#post({ wrote: commit });
    // This client may lead now, after it read the store without this commit.
    this.#takeStored(commit);
  }

  /** Whether a commit that failed is to be written again: in another store only if the first certainly lacks it. */
  async #mayRetry(error: unknown, leader: Leader | null): Promise<boolean> {
    const mayRetry = await this.#leadership.mayRetry(leader);
    return mayRetry && (this.#store.lasting || isFull((error as Error).cause ?? error));
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
    if (this.#isClosed) return;
    this.#hasOpenFailed = true;
    const reason = isOutdated(error) ? "outdated" : "not_kept";
    const message = reason === "outdated" ? ENDINGS[reason] : `The store can't be opened: ${String(error)}`;
    this.#setState({ is: "stopped", code: 1000, reason, message });
  }

  #show(commit: Commit): void {
    this.#view.apply(this.#leadership.unseen(commit));
  }

  #setState(state: ConnectionState): void {
    if (this.#state.is === "open" && state.is !== "open") this.#view.signals.connectionLost();
    this.#state = state;
    this.state.changed();
  }

  /** Sends to all other clients of the store. */
  #post(message: TabMessage | TabRequest | StoreMessage): void {
    if (!this.#isClosed) this.#store.shared?.say(message);
  }

  /** A message of the leader: for this client and all others. */
  #publish(message: TabMessage, isForAll: boolean): void {
    this.#receive(message);
    if (isForAll) this.#post(message);
  }

  /** Asks the leader, in this client or in another one. */
  #request(request: TabRequest): void {
    void this.#ready.then(() => {
      this.#receive(request);
      if (this.#leader === null || "watch" in request) this.#post(request);
    });
  }

  #receive(message: TabMessage | TabRequest | StoreMessage): void {
    if (this.#isClosed) return;
    if ("commit" in message) this.#show(message.commit);
    else if ("lost" in message) void this.#leadership.reopen();
    else if ("ended" in message) (this.#closing = this.#end(message.ended)).catch(() => undefined);
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
    } else if ("watch" in request) {
      this.#view.signals.watch(request.tab, request.watch);
      this.#leader?.watch(this.#view.signals.watched);
    } else if (this.#leader === null) return;
    else if ("typing" in request) this.#leader.sendTyping(request.typing);
    else if (request.ask === "state") this.#publish({ state: this.#leader.state }, true);
    else if (request.ask === "check") this.#leader.check();
    else if (this.#leader.hasFailed) void this.#leadership.reopen();
    else this.#leader.start();
  }
}

/** What an application writes in one task. */
function emptyBuffer(): { readonly drafts: Draft[]; readonly settled: string[]; readonly reads: Read[] } {
  return { drafts: [], settled: [], reads: [] };
}
