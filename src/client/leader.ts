// The one client of a store that is connected: what the line hears becomes records, and what is to be said waits until it is kept.
// Keep, then tell: nobody sees a message, and the mailbox gets no ack of it, before the store has it.
import { countOf, type Down, type Welcome } from "../protocol/down.ts";
import { LogState, type Arrived, type Listed } from "./apply-frames.ts";
import { type ConnectionState, type ServerAddress, Connection, type Renew } from "./connection.ts";
import { Outbox } from "./outbox.ts";
import type { Commit, Kept, Store } from "./store.ts";
import type { TabMessage } from "./tab-messages.ts";

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

/** What a core is given, and whom it tells. */
export interface LeaderOptions {
  readonly user: string;
  readonly store: Store;
  readonly kept: Kept;
  readonly since: "start" | "now";
  /** Where the mailbox is opened; `place` is the query that says where this device is. */
  readonly door: (place: Record<string, string>) => Promise<ServerAddress>;
  /** Gives a fresh token; null where it is always the same. */
  readonly renew: Renew | null;
  /** The mailbox's own list of conversations. */
  readonly list: () => Promise<readonly Listed[]>;
  readonly tell: (told: TabMessage) => void;
  /** Up to which seq the application has taken what was shown. */
  readonly taken: () => number;
}

/** Ms between two acks while the application is still taking what was shown. */
const ACK_EVERY = 200;

export class Leader {
  readonly #options: LeaderOptions;
  readonly #connection: Connection;
  readonly #archive: LogState;
  readonly #outbox: Outbox;
  #watched: readonly string[] = [];
  #broken = false;
  #writing = false;
  #work: Promise<void> = Promise.resolve();
  /** Counts connections: what was to be said on one is not said on the next. */
  #connectionCount = 0;
  /** The seq up to which everything is kept, and the one that was acknowledged. */
  #kept: number;
  #acked = 0;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  /** Up to here notices are from before this device was here. */
  #before = 0;
  /** What came from others while the list of conversations is asked for. */
  #arrived: Arrived[] | null = null;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#archive = new LogState(options.user, options.kept);
    this.#kept = options.kept.position.cursor ?? 0;
    this.#outbox = new Outbox({
      settled: (key) => this.#archive.settled(key),
      ready: () => this.#flush(),
    });
    for (const draft of options.kept.drafts) this.#outbox.add(draft, true);
    this.#connection = new Connection(() => this.#door(), options.renew, {
      state: (state) => this.#moved(state),
      frame: (value, down) => this.#hear(value, down),
      textEnded: () => this.#flush(),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Whether the store has failed: then this core is of no use any more. */
  get broken(): boolean {
    return this.#broken;
  }

  start(): void {
    this.#connection.start();
  }

  check(): void {
    this.#connection.check();
  }

  /**
   * What was written, read or dropped here or in another tab. `kept`: it is in the store already. Resolves when it is; rejects
   * when the store has failed.
   */
  async take(commit: Commit, kept: boolean): Promise<void> {
    for (const draft of commit.drafts ?? []) this.#outbox.add(draft, kept);
    for (const key of commit.settled ?? []) this.#outbox.drop(key);
    for (const read of commit.reads ?? []) {
      this.#archive.read(read);
      this.#sayNow({ type: "read", ...read });
    }
    this.#flush();
    await this.#work;
    if (this.#broken) throw new Error("the store has failed");
  }

  typing(to: string): void {
    this.#sayNow({ type: "typing", to });
  }

  watch(peers: readonly string[]): void {
    this.#watched = peers;
    this.#sayNow({ type: "watch", peers });
  }

  /** The application has taken more of what was shown. */
  ack(): void {
    const seq = Math.min(this.#kept, this.#options.taken());
    if (this.#connection.state.is !== "open" || seq <= this.#acked) return;
    if (seq < this.#kept && this.#ackTimer !== undefined) return;
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#acked = seq;
    this.#connection.send(`{"type":"ack","seq":${seq}}`);
    if (seq < this.#kept) {
      this.#ackTimer = setTimeout(() => {
        this.#ackTimer = undefined;
        this.ack();
      }, ACK_EVERY);
    }
  }

  /** Resolves when what was heard is kept. */
  async stop(message: string): Promise<void> {
    this.#connection.end(message);
    this.#outbox.stop();
    clearTimeout(this.#ackTimer);
    await this.#work;
  }

  #door(): Promise<ServerAddress> {
    const { epoch, cursor, device } = this.#archive.position;
    const fromNow = epoch === null && this.#options.since === "now";
    // Connecting with a cursor is an ack of it.
    const taken = cursor === null ? null : Math.min(this.#kept, this.#options.taken());
    return this.#options.door({
      device,
      runs: "1",
      ...(epoch !== null && { epoch }),
      ...(taken !== null ? { cursor: `${taken}` } : fromNow && { cursor: "head" }),
    });
  }

  #moved(state: ConnectionState): void {
    this.#connectionCount++;
    if (state.is !== "open") this.#outbox.end();
    this.#options.tell({ state });
    if (state.is !== "open") return;
    if (this.#watched.length > 0) this.#sayNow({ type: "watch", peers: this.#watched });
    for (const read of this.#archive.reads) this.#sayNow({ type: "read", ...read });
    if (!this.#archive.position.listed && this.#arrived === null) void this.#list();
  }

  #hear(value: unknown, down: Down | null): void {
    if (down?.type === "gap") {
      this.#archive.gap(down);
      this.#options.tell({ gap: true });
      return;
    }
    const seq = seqOf(value);
    const count = countOf(down);
    const news = seq === null ? count : this.#archive.advance(seq, count);
    if (down !== null && news > 0) this.#act(down, news);
  }

  /** `news`: of a run only so many, the last ones, were not heard before. */
  #act(down: Exclude<Down, { type: "gap" }>, news: number): void {
    switch (down.type) {
      case "welcome":
        this.#begin(down);
        break;
      case "message":
        if (down.from === this.#options.user) this.#own(down, news);
        else this.#archive.received(down, news, this.#arrived);
        break;
      case "accepted":
        this.#accepted(down);
        break;
      case "refused":
        if (!this.#outbox.refused(down)) this.#connection.lost();
        break;
      case "mark":
        this.#archive.mark(down);
        break;
      case "failed":
        this.#failed(down);
        break;
      case "typing":
      case "presence":
        this.#options.tell({ signal: down });
        break;
      case "peer":
        this.#archive.stands(down);
        break;
      case "notice":
        if (down.seq > this.#before) this.#options.tell({ notice: down });
        break;
      default:
        // The socket stands on the fresh token. An error answers a frame that this version does not send; the line has dealt with a close.
        down.type satisfies "token" | "error" | "closing";
    }
  }

  #begin(welcome: Welcome): void {
    if (this.#archive.position.epoch === null) this.#before = welcome.head;
    const sameLife = this.#archive.begin(welcome, this.#options.since);
    if (!sameLife) this.#kept = 0;
    // What it was connected with.
    this.#acked = Math.min(this.#kept, this.#options.taken());
    this.#outbox.begin(welcome, sameLife);
  }

  #own(run: Frame<"message">, news: number): void {
    const here = run.device === this.#archive.position.device;
    for (let back = news - 1; back >= 0; back--) {
      if (!here || !this.#outbox.taken(run, back)) this.#archive.carbon(run, back);
    }
  }

  #accepted(run: Frame<"accepted">): void {
    for (let back = countOf(run) - 1; back >= 0; back--) {
      const draft = this.#outbox.accepted(run.id - back);
      if (draft !== null) this.#archive.sent(draft, run, back);
    }
  }

  #failed({ of, code, message }: Frame<"failed">): void {
    const draft = this.#outbox.failed(of);
    if (draft !== null) this.#archive.sent(draft, { type: "accepted", id: draft.id ?? 0, state: "queued" }, 0);
    this.#archive.failed(of, { code, message });
  }

  async #list(): Promise<void> {
    this.#arrived = [];
    try {
      this.#archive.listed(await this.#options.list(), this.#arrived);
    } catch {
      // Asked for again on the next connection.
    }
    this.#arrived = null;
    this.#flush();
  }

  #sayNow(frame: unknown): void {
    if (this.#connection.state.is === "open") this.#connection.send(JSON.stringify(frame));
  }

  /** What changed is to be kept, and what waits is to be said. */
  #flush(): void {
    if (!this.#writing && !this.#broken) this.#work = this.#write();
  }

  /**
   * One commit at a time; what changes meanwhile goes into the next. Everything that waits goes into the next text, which leaves
   * when it is kept which ids it uses.
   */
  async #write(): Promise<void> {
    this.#writing = true;
    try {
      for (;;) {
        // What is written in the same moment goes together.
        await Promise.resolve();
        const text = this.#outbox.next();
        const connection = this.#connectionCount;
        const commit = this.#archive.seal(this.#outbox.changes());
        if (commit === null && text === null) break;
        if (commit !== null) {
          await this.#options.store.write(commit);
          this.#kept = commit.position?.cursor ?? this.#kept;
          this.#options.tell({ commit });
          this.ack();
        }
        if (text !== null && connection === this.#connectionCount) this.#connection.send(text);
      }
    } catch (error) {
      this.#broken = true;
      this.#connection.end(`What arrives can't be kept: ${String(error)}`);
    } finally {
      this.#writing = false;
    }
  }
}

/** Only log frames have a field `seq`, and every one of them moves the cursor, known type or not. */
function seqOf(value: unknown): number | null {
  const seq = (value as { readonly seq?: unknown } | null)?.seq;
  return typeof seq === "number" ? seq : null;
}
