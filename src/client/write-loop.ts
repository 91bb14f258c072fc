// Store first, then show and send: nobody sees a message, and the mailbox gets no ack of it, before the store has it,
// and no id is sent before the store knows which message uses it. It knows the order of these steps; no frame and
// nothing of what a commit means.
import type { AckPolicy } from "./ack-policy.ts";
import type { LogState } from "./apply-frames.ts";
import type { Connection } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { Commit, Store } from "./store.ts";

/**
 * Turns of the microtask queue without anything to write, after which the loop ends. What an application does with a
 * message, such as reading or answering it, arrives here within these turns, and takes the ack of the message along.
 */
const IDLE_TURNS = 3;

export class WriteLoop {
  readonly #store: Store;
  readonly #log: LogState;
  readonly #outbox: Outbox;
  readonly #acks: AckPolicy;
  readonly #connection: Connection;
  readonly #stored: (commit: Commit) => void;
  #idleTurns = 0;
  #isRunning = false;
  #hasFailed = false;
  #failure: unknown;
  #isAbandoned = false;
  #begun = 0;
  #done = 0;
  #run: Promise<void> = Promise.resolve();

  /** `stored` is called with each commit that the store has. */
  constructor(
    store: Store,
    log: LogState,
    outbox: Outbox,
    acks: AckPolicy,
    connection: Connection,
    stored: (commit: Commit) => void,
  ) {
    this.#store = store;
    this.#log = log;
    this.#outbox = outbox;
    this.#acks = acks;
    this.#connection = connection;
    this.#stored = stored;
  }

  /** Whether the store has failed: then nothing is written any more. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What the store threw. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The number of the last commit that was begun, and of the last one that the store has. */
  get begun(): number {
    return this.#begun;
  }

  get done(): number {
    return this.#done;
  }

  /** Nothing more is written. */
  get hasEnded(): boolean {
    return this.#hasFailed || this.#isAbandoned;
  }

  /** Resolves when nothing is left to write, also where the store has failed. */
  get idle(): Promise<void> {
    return this.#run;
  }

  /** Begins to store what changed and to send what is queued. */
  flush(): void {
    this.#idleTurns = 0;
    if (!this.#isRunning && !this.hasEnded) this.#run = this.#write();
  }

  /** Another leader writes from now on: nothing more is written or sent here. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** The store has failed: the client ends, with the first reason. */
  fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failure = error;
    this.#connection.end(`What arrives can't be kept: ${String(error)}`, "not_kept");
  }

  /** One commit at a time: changes that come meanwhile go into the next one. */
  async #write(): Promise<void> {
    this.#isRunning = true;
    try {
      for (; this.#idleTurns < IDLE_TURNS; this.#idleTurns++) {
        // Everything that is written in the same task goes together.
        await Promise.resolve();
        if (this.#isAbandoned) return;
        const text = this.#outbox.nextText();
        const commit = this.#log.takeCommit(this.#outbox.takeChanges());
        if (commit === null && text === null) continue;
        this.#idleTurns = 0;
        // A text takes the ack along.
        if (text === null) this.#acks.send();
        // Each connection has its own state object: the text of one is not sent on the next.
        const { state } = this.#connection;
        if (commit !== null) {
          this.#begun++;
          await this.#store.write(commit);
          this.#done++;
          this.#stored(commit);
        }
        if (text !== null && state === this.#connection.state) this.#acks.sendWith(text);
      }
      this.#acks.send();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isRunning = false;
    }
  }
}
