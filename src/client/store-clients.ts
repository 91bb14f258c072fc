// One client among the clients of its store. One of them leads: it is connected. All of them see its commits, and each
// writes its own drafts and reads into the store. It knows who leads and what clients send each other; no frame, and no
// meaning of a commit.
import { CLOSED, endedBy, notOpened } from "./ending.ts";
import type { Leader } from "./leader.ts";
import { Leadership, type ServerOptions } from "./leadership.ts";
import type { ConnectionState } from "./connection-state.ts";
import { LatestNotices } from "./latest-notices.ts";
import { Computed, type Stop } from "./live-value.ts";
import { newDevice } from "./random-ids.ts";
import { type Commit, type Draft, type Kept, NONE, type Store, type Why } from "./store.ts";
import type { Ending, StoreMessage, TabMessage, TabRequest } from "./tab-messages.ts";
import type { View } from "./view.ts";
import { WriteBuffer } from "./write-buffer.ts";

export class StoreClients {
  readonly state = new Computed(() => this.#state);
  readonly gaps = new Computed(() => this.#gaps);
  readonly notices = new LatestNotices();
  readonly #store: Store;
  readonly #view: View;
  readonly #leadership: Leadership;
  readonly #debug: ServerOptions["connection"]["debug"];
  readonly #open: (last?: Kept) => Promise<Kept>;
  #ready: Promise<void>;
  #hasOpenFailed = false;
  #hasStarted = false;
  #isSayingWatched = false;
  readonly #tab = newDevice();
  /** Changes that were written in the same task, and the promise that the store has them. */
  readonly #buffer = new WriteBuffer();
  #flushing: Promise<void> | null = null;
  #lastFlush: Promise<void> | undefined;
  #state: ConnectionState = { is: "connecting" };
  #gaps = 0;
  #isClosed = false;
  #closing: Promise<void> | null = null;
  #ending: "closed" | Ending | null = null;

  /** `open` opens the store, and reads it again when this client begins to lead. */
  constructor(store: Store, open: (last?: Kept) => Promise<Kept>, view: View, server: ServerOptions) {
    this.#store = store;
    this.#view = view;
    this.#open = async (last) => {
      const kept = await open(last);
      // While the store could not be opened, another client may have connected.
      if (last !== undefined && this.#state.is !== "open") this.#post({ ask: "state" });
      this.#hasOpenFailed = false;
      return kept;
    };
    this.#leadership = new Leadership({
      store,
      view,
      server,
      open: this.#open,
      publish: (message, isForAll) => this.#publish(message, isForAll),
      lost: () => this.#post({ ask: "state" }),
      openFailed: (error) => this.#openFailed(error),
    });
    this.#debug = server.connection.debug;
    this.#ready = this.#start();
  }

  get #leader(): Leader | null {
    return this.#leadership.leader;
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
    this.#buffer.add(commit);
    // Everything that is written in the same task is one commit.
    if (this.#flushing === null) {
      this.#flushing = this.#ready.then(() => {
        const all = this.#buffer.take();
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
    if (ask === "retry" && this.#hasOpenFailed && !this.#isClosed) return this.#openAgain();
    this.#request({ ask });
  }

  async close(forget: boolean): Promise<void> {
    const ending = this.#ending;
    if (forget) this.#post({ ended: "signed_out" });
    await (this.#closing ??= this.#end("closed", forget));
    // The records are still there.
    if (ending === "outdated" && forget) await this.#store.close(true);
  }

  async #end(reason: "closed" | Ending, forget = false): Promise<void> {
    const state = endedBy(reason);
    this.#post({ watch: [], tab: this.#tab });
    this.#isClosed = true;
    this.#ending = reason;
    this.#leadership.end();
    const stopped = reason === "closed" ? this.#leader?.stop(state.message) : this.#leadership.abandon();
    if (reason === "signed_out" || !this.#store.lasting)
      this.#fail([...this.#view.drafts(), ...this.#view.keyed.drafts()], CLOSED);
    this.#setState(state);
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

  /** `drafts`: those of the commit that were not sent before, where that has to be looked up. */
  async #persist(all: Commit, drafts: Promise<readonly Draft[]> | null): Promise<void> {
    let commit = all;
    const leader = this.#leader;
    try {
      if (drafts !== null) commit = { ...all, drafts: await drafts };
      if (await this.#keep(commit)) return;
    } catch (error) {
      // Nothing is stored any more: what comes later may be about what is missing now.
      if (leader === this.#leader) leader?.fail(error);
      this.#fail(commit.drafts ?? [], { code: "not_kept", message: `It can't be kept: ${String(error)}` });
      throw error;
    }
    if (drafts !== null) this.#view.apply({ drafts: commit.drafts ?? NONE });
    this.#post({ wrote: commit });
    // This client may lead now, after it read the store without this commit.
    this.#takeStored(commit);
  }

  /** Stores a commit, once more where it is opened again. Resolves with whether the leader of this client took it. */
  async #keep(commit: Commit, isRetry = false): Promise<boolean> {
    const leader = this.#leader;
    try {
      if (leader === null) {
        await this.#store.write(commit);
        this.#debug?.({ what: "stored", commit });
      } else await leader.take(commit, false);
      return leader !== null;
    } catch (error) {
      if (isRetry || !(await this.#leadership.mayRetry(error, leader))) throw error;
      return this.#keep(commit, true);
    }
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
    this.#setState(notOpened(error));
  }

  #show(commit: Commit): void {
    this.#view.apply(this.#leadership.unseen(commit));
  }

  #setState(state: ConnectionState): void {
    const { is } = this.#state;
    if (is === state.is && (is === "connecting" || is === "open")) return;
    if (is === "open") this.#view.signals.connectionLost();
    this.#state = state;
    this.state.changed();
    if (state.is === "open") for (const thread of this.#view.threads) thread.retry();
  }

  /** Sends to all other clients of the store. */
  #post(message: TabMessage | TabRequest | StoreMessage): void {
    if (!this.#isClosed) this.#store.shared?.say(message);
  }

  /** A message of the leader: for this client and all others. An error may have a cause that can't be copied. */
  #publish(message: TabMessage, isForAll: boolean): void {
    this.#receive(message);
    const state = "state" in message && "error" in message.state && { ...message.state, error: undefined };
    if (isForAll) this.#post(state ? { state } : message);
  }

  /** Says whom this tab watches, after all changes of a task. */
  #sayWatched(): void {
    if (this.#isSayingWatched) return;
    this.#isSayingWatched = true;
    void this.#ready.then(() => {
      this.#isSayingWatched = false;
      this.#request({ watch: this.#view.signals.own, tab: this.#tab });
    });
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
    } else if ("notice" in message) this.notices.add(message.notice);
    else this.#answer(message);
  }

  #answer(request: TabRequest): void {
    if ("wrote" in request) {
      this.#view.apply(request.wrote);
      return this.#takeStored(request.wrote);
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
    else if (request.ask === "state") this.#publish({ state: this.#leader.state }, true);
    else if (request.ask === "check") this.#leader.check();
    else if (this.#leader.hasFailed) void this.#leadership.reopen();
    else this.#leader.start();
  }
}

const ignore = () => undefined;
