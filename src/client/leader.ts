// The one client of a store that is connected: it routes each frame to the records of the log, to the outbox, or to all
// clients of the store. It knows frames and where they go; no timer, and nothing of how commits are written.
import { countOf, type Down, type Frame, type Welcome } from "../protocol/down.ts";
import { AckPolicy } from "./ack-policy.ts";
import { LogState } from "./apply-frames.ts";
import type { Timer } from "./clock.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import { DiscardedMessages, withStoredLast } from "./discarded-messages.ts";
import type { ServerAddress } from "./live-socket.ts";
import { type Listed, Meanwhile } from "./listed.ts";
import { Outbox } from "./outbox.ts";
import type { Renew } from "./renewal.ts";
import { type Commit, type Kept, type Store } from "./store.ts";
import type { TabMessage } from "./tab-messages.ts";
import type { ReadPage } from "./thread.ts";
import { WriteLoop } from "./write-loop.ts";

/** What a leader works with. */
export interface LeaderOptions {
  readonly user: string;
  readonly store: Store;
  readonly kept: Kept;
  readonly since: "start" | "now";
  /** The address of the mailbox's socket; `query` says where this device is. */
  readonly addressOf: (query: Record<string, string>, signal: AbortSignal) => Promise<ServerAddress>;
  /** Gives a fresh token; null where it is always the same. */
  readonly renew: Renew | null;
  readonly connection: ConnectionOptions;
  /** The mailbox's own list of conversations. */
  readonly listConversations: () => Promise<readonly Listed[]>;
  readonly readPage: ReadPage;
  /** Called with everything that all clients of the store have to know. */
  readonly publish: (message: TabMessage) => void;
  /** Up to which seq the application has taken what was shown. */
  readonly takenUpTo: () => number;
}

export class Leader {
  readonly #options: LeaderOptions;
  readonly #connection: Connection;
  readonly #log: LogState;
  readonly #outbox: Outbox;
  readonly #acks: AckPolicy;
  readonly #writes: WriteLoop;
  readonly #discarded: DiscardedMessages;
  #watched: readonly string[] = [];
  /** Runs after the mailbox has dropped frames. */
  #dropped: Timer | undefined;
  /** Notices up to this seq are older than this device. */
  #noticesAfter = 0;
  /** While the list of conversations is asked for; null at any other time. */
  #meanwhile: Meanwhile | null = null;

  constructor(options: LeaderOptions) {
    const { user, store, kept } = options;
    this.#options = options;
    this.#log = new LogState(user, kept);
    this.#outbox = new Outbox({
      settled: (key) => this.#log.settleDraft(key),
      resumed: () => this.#writes.flush(),
    });
    for (const draft of kept.drafts) this.#outbox.add(draft, true);
    this.#connection = new Connection((signal) => this.#address(signal), options.renew, options.connection, {
      state: (state) => this.#stateChanged(state),
      frame: (value, down) => this.#receive(value, down),
      textEnded: (units) => {
        this.#acks.receivedText(units);
        this.#writes.flush();
      },
    });
    this.#acks = new AckPolicy(this.#connection, kept.position.cursor ?? 0, options.takenUpTo);
    const stored = (commit: Commit) => this.#stored(commit);
    this.#writes = new WriteLoop(store, this.#log, this.#outbox, this.#acks, this.#connection, stored);
    this.#discarded = new DiscardedMessages(this.#log, options.readPage, () => this.#writes.flush());
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Whether the store has failed: then this leader is of no use any more. */
  get hasFailed(): boolean {
    return this.#writes.hasFailed;
  }

  start(): void {
    this.#connection.start();
  }

  check(): void {
    this.#connection.check();
  }

  /**
   * Takes drafts, settled keys and reads of this client or of another one. `isStored`: they are in the store already.
   * Resolves when they are; rejects when the store has failed before, and not for a later commit that fails.
   */
  async take(commit: Commit, isStored: boolean): Promise<void> {
    const number = this.#writes.begun + 1;
    for (const draft of commit.drafts ?? []) this.#outbox.add(draft, isStored);
    for (const key of commit.settled ?? []) this.#outbox.discard(key);
    if (commit.taken !== undefined) this.#log.setTaken(commit.taken);
    for (const { seq, ...why } of commit.failures ?? []) this.#log.markFailed(seq, why);
    for (const read of commit.reads ?? []) {
      this.#log.markRead(read);
      this.#send({ type: "read", ...read });
    }
    this.#writes.flush();
    await this.#writes.idle;
    if (this.#writes.hasEnded && this.#writes.done < number)
      throw new Error("the store has failed", { cause: this.#writes.failure });
  }

  /** The store has failed. */
  fail(error: unknown): void {
    this.#writes.fail(error);
  }

  sendTyping(to: string): void {
    this.#send({ type: "typing", to });
  }

  watch(peers: readonly string[]): void {
    if (peers.join(" ") === this.#watched.join(" ")) return;
    this.#watched = peers;
    this.#send({ type: "watch", peers });
  }

  /** The application has taken more of what was shown. */
  ack(): void {
    this.#writes.flush();
  }

  /** Another leader takes over, of this client or of another one: nothing is sent any more, and nothing is published. */
  abandon(): void {
    this.#writes.abandon();
    this.#connection.end("Another leader took over.", "replaced");
    this.#acks.stop();
    this.#outbox.stop();
    clearTimeout(this.#dropped);
  }

  /** Resolves when everything that was received is stored, and the last ack has left. */
  async stop(message: string): Promise<void> {
    this.#acks.stop();
    const left = this.#connection.left();
    this.#connection.end(message, "closed");
    this.#outbox.stop();
    clearTimeout(this.#dropped);
    await this.#writes.idle;
    await left;
  }

  #address(signal: AbortSignal): Promise<ServerAddress> {
    const { epoch, cursor, device } = this.#log.position;
    const isFromNow = epoch === null && this.#options.since === "now";
    const stored = this.#acks.connect();
    const query = {
      device,
      runs: "1",
      early: "1",
      ...(epoch !== null && { epoch }),
      ...(cursor !== null ? { cursor: `${stored}` } : isFromNow && { cursor: "head" }),
    };
    return this.#options.addressOf(query, signal);
  }

  #stateChanged(state: ConnectionState): void {
    if (state.is !== "open") this.#outbox.connectionLost();
    this.#options.publish({ state });
    if (state.is !== "open") return;
    this.#sendSignals();
    void this.#discarded.replace();
    if (!this.#log.position.listed && this.#meanwhile === null) void this.#list();
  }

  /** What each connection has to be sent, and again what the mailbox has dropped of it. */
  #sendSignals(): void {
    clearTimeout(this.#dropped);
    this.#dropped = undefined;
    if (this.#watched.length > 0) this.#send({ type: "watch", peers: this.#watched });
    for (const read of this.#log.reads) this.#send({ type: "read", ...read });
  }

  #receive(value: unknown, down: Down | null): void {
    if (down?.type === "gap") {
      // Until it is acknowledged it comes again.
      if (down.seq !== this.#log.position.cursor) this.#options.publish({ gap: true });
      this.#log.skipGap(down);
      return;
    }
    const seq = seqOf(value);
    const count = countOf(down);
    // The author of a message waits for its ack. A frame that this version does not know may have one too.
    const isAwaited = down === null || (down.type === "message" && down.from !== this.#options.user);
    if (seq !== null) this.#acks.received(seq, count, isAwaited);
    const newCount = seq === null ? count : this.#log.advance(seq, count);
    if (down !== null && newCount > 0) this.#route(down, newCount);
  }

  /** `newCount`: how many messages of a run, the last ones, are new to this device. */
  #route(down: Exclude<Down, { type: "gap" }>, newCount: number): void {
    switch (down.type) {
      case "welcome":
        return this.#begin(down);
      case "message":
        if (down.from === this.#options.user) return this.#addOwn(down, newCount);
        return this.#log.addReceived(down, newCount, this.#meanwhile);
      case "accepted":
        return this.#accepted(down);
      case "refused":
        if (!this.#outbox.refuse(down)) this.#connection.lost();
        return;
      case "mark":
        return this.#log.applyMark(down);
      case "failed":
        return this.#failed(down);
      case "typing":
      case "presence":
        return this.#options.publish({ signal: down });
      case "peer":
        return this.#log.setPeer(down, this.#meanwhile);
      case "cleared":
        return this.#log.remove(down, this.#meanwhile);
      case "notice":
        return down.seq > this.#noticesAfter ? this.#options.publish({ notice: down }) : undefined;
      case "error":
        // Of frames that are no messages; any other `error` answers a frame that this version does not send.
        if (down.code === "rate_limited") this.#dropped ??= setTimeout(() => this.#sendSignals(), down.retryAfter);
        return;
      default:
        // `token`: the socket has the fresh token. The connection has handled `closing`.
        down.type satisfies "token" | "closing";
    }
  }

  #begin(welcome: Welcome): void {
    if (this.#log.position.epoch === null) this.#noticesAfter = welcome.head;
    const isSameEpoch = this.#log.begin(welcome, this.#options.since);
    this.#acks.begin(welcome.limits, isSameEpoch);
    this.#outbox.begin(welcome, isSameEpoch);
  }

  #addOwn(run: Frame<"message">, newCount: number): void {
    const isOfThisDevice = run.device === this.#log.position.device;
    for (let back = newCount - 1; back >= 0; back--) {
      if (!isOfThisDevice || !this.#outbox.matchCarbon(run, back)) this.#log.addCarbon(run, back);
    }
  }

  #accepted(run: Frame<"accepted">): void {
    for (let back = countOf(run) - 1; back >= 0; back--) {
      const draft = this.#outbox.settleId(run.id - back);
      if (draft !== null) this.#log.addAccepted(draft, run, back);
    }
  }

  #failed({ of, code, message }: Frame<"failed">): void {
    const draft = this.#outbox.settleSeq(of);
    if (draft !== null) this.#log.addAccepted(draft, { state: "queued" }, 0);
    this.#log.markFailed(of, { code, message });
  }

  async #list(): Promise<void> {
    const meanwhile = (this.#meanwhile = new Meanwhile());
    try {
      const { store, listConversations } = this.#options;
      const list = await listConversations();
      this.#log.mergeList(await Promise.all(list.map((one) => withStoredLast(one, store))), meanwhile);
      void this.#discarded.replace();
    } catch {
      // Asked for again on the next connection.
    }
    this.#meanwhile = null;
    this.#writes.flush();
  }

  /** Sends it unless there is no connection. */
  #send(frame: unknown): void {
    this.#acks.sendWith(JSON.stringify(frame));
  }

  #stored(commit: Commit): void {
    this.#options.connection.debug?.({ what: "stored", commit });
    // The seqs of the epoch before mean nothing in the present one.
    if (commit.position?.epoch === this.#log.position.epoch) this.#acks.setStored(commit.position.cursor);
    this.#options.publish({ commit });
    if (commit.removed?.length || commit.failures?.length) void this.#discarded.replace();
  }
}

/** Only log frames have a field `seq`, and each of them moves the cursor, known type or not. */
function seqOf(value: unknown): number | null {
  const seq = (value as { readonly seq?: unknown } | null)?.seq;
  return typeof seq === "number" ? seq : null;
}
