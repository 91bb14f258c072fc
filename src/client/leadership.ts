// The leader of this client, where it has one: it begins when no other client of the store leads, ends when another one
// takes over, and begins anew when the store has failed. It knows when; nothing of what a leader does.
import { Leader, type LeaderOptions } from "./leader.ts";
import { isFull } from "./storage-state.ts";
import { type Commit, type Entry, type Kept, NONE, type Position, type Store } from "./store.ts";
import type { TabMessage } from "./tab-messages.ts";
import { MAX_MISSED } from "./thread.ts";
import type { View } from "./view.ts";

/** The options of a leader that do not depend on the store. */
export type ServerOptions = Pick<
  LeaderOptions,
  "user" | "since" | "addressOf" | "renew" | "connection" | "listConversations" | "readPage"
>;

interface LeadershipOptions {
  readonly store: Store;
  readonly view: View;
  readonly server: ServerOptions;
  /** Opens the store; `last` is what this client has shown. */
  readonly open: (last?: Kept) => Promise<Kept>;
  /** A message of the leader, for all clients of the store. `isForAll` is false where another one leads by now. */
  readonly publish: (message: TabMessage, isForAll: boolean) => void;
  /** Another client leads. */
  readonly lost: () => void;
  readonly openFailed: (error: unknown) => void;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  #leader: Leader | null = null;
  /** The latest position that was shown. */
  #position: Position | undefined;
  #reopening: Promise<void> | null = null;
  /** Whether no other client of the store leads, by the store's word. */
  #isElected = false;
  #hasEnded = false;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get leader(): Leader | null {
    return this.#leader;
  }

  /** What is new in a commit that other clients may have stored and sent long ago. It counts as shown. */
  unseen(commit: Commit): Commit {
    const { position } = commit;
    const last = this.#position;
    this.#position = position ?? last;
    if (position === undefined || last === undefined || position.epoch !== last.epoch) return commit;
    const ahead = (position.cursor ?? 0) - (last.cursor ?? 0);
    if (ahead > 0) return commit;
    this.#position = last;
    const { entries = NONE, rows = NONE } = commit;
    const { user } = this.#options.view;
    return { ...commit, entries: entries.filter(({ from }) => from === user), rows: ahead < 0 ? NONE : rows };
  }

  /** Leads as soon as no other client of the store does. */
  follow(kept: Kept): void {
    const { store, lost, openFailed } = this.#options;
    const { shared } = store;
    if (shared === undefined) return this.#begin(kept);
    const again = () => {
      this.#isElected = false;
      this.abandon();
      if (this.#hasEnded) return;
      lost();
      void this.reopen();
      this.follow(kept);
    };
    shared.lead(again).then(
      async () => {
        this.#isElected = true;
        // What is being opened now is opened without the term of a leader.
        await this.#reopening;
        await this.reopen();
      },
      // It rejects also where this client closes before it leads, and where the records are in memory by now.
      (error) => (this.#hasEnded || store.shared === undefined ? undefined : openFailed(error)),
    );
  }

  /** Opens the store again, which may be another one after a failure, and leads if no other client does. */
  reopen(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => (this.#reopening = null));
    return this.#reopening;
  }

  /**
   * Whether a commit that `leader`, or this client, could not write may be written again, after the store was opened
   * again; in another store only if the first one certainly lacks it.
   */
  async mayRetry(error: unknown, leader: Leader | null): Promise<boolean> {
    const { store } = this.#options;
    if (store.storage === undefined || this.#hasEnded) return false;
    if (leader === this.#leader || this.#reopening !== null) await this.reopen();
    return !this.#hasEnded && (store.lasting || isFull((error as Error).cause ?? error));
  }

  /** The leader ends at once: another one takes over, or its records are gone. */
  abandon(): void {
    const leader = this.#leader;
    this.#leader = null;
    leader?.abandon();
  }

  /** No leader begins any more. */
  end(): void {
    this.#hasEnded = true;
  }

  async #reopen(): Promise<void> {
    const { open, openFailed, view, store } = this.#options;
    const isElected = this.#isElected;
    const position = this.#position;
    const last = position && { position, rows: view.rows(), drafts: view.drafts(), reads: NONE };
    this.abandon();
    try {
      const kept = await open(last);
      if (position !== undefined) await this.#catchUp(kept, position);
      if ((isElected && this.#isElected) || store.shared === undefined) this.#begin(kept);
    } catch (error) {
      openFailed(error);
    }
  }

  /** Shows what other clients have stored while the browser did not run this one, or just before they ended. */
  async #catchUp({ position, rows, drafts }: Kept, last: Position): Promise<void> {
    const after = last.cursor ?? 0;
    if (position.epoch !== last.epoch || (position.cursor ?? 0) <= after) return;
    const { store, publish, view } = this.#options;
    for (const thread of view.threads) thread.keep(await store.piece(thread.peer, Infinity, MAX_MISSED), after);
    const entries: Entry[] = [];
    for (const row of rows) {
      if ((row.last?.seq ?? 0) <= after) continue;
      const piece = await store.piece(row.peer, Infinity, MAX_MISSED);
      entries.push(...piece.entries.filter(({ seq }) => seq > after));
    }
    entries.sort((a, b) => a.seq - b.seq);
    publish({ commit: { position, rows, drafts, entries } }, false);
  }

  #begin(kept: Kept): void {
    if (this.#hasEnded || this.#leader !== null) return;
    const { store, view, server } = this.#options;
    const leader: Leader = new Leader({
      ...server,
      store,
      kept,
      publish: (message) => this.#publish(message, leader),
      takenUpTo: () => view.incoming.takenUpTo(),
    });
    this.#leader = leader;
    leader.watch(view.signals.watched);
    leader.start();
  }

  #publish(message: TabMessage, leader: Leader): void {
    const { publish, store } = this.#options;
    // What an abandoned leader has stored is shown here; the next leader sees it in the store.
    if (leader !== this.#leader) return "commit" in message ? publish(message, false) : undefined;
    if (leader.hasFailed && store.storage !== undefined) return void this.reopen();
    publish(message, true);
  }
}
