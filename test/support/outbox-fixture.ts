// An outbox on a real log, inside a real object. The test plays the receivers: it sees each delivery, and replies.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Delivery, Reply } from "../../src/protocol/envelope.ts";
import { AlarmScheduler } from "../../src/durable/alarm-scheduler.ts";
import { CallBudget } from "../../src/durable/call-budget.ts";
import type { RetryTimes } from "../../src/durable/delivery/back-off.ts";
import { GroupCommit } from "../../src/durable/group-commit.ts";
import { Outbox } from "../../src/mailbox/delivery/outbox.ts";
import { Log } from "../../src/mailbox/log/log.ts";

/** A call that has left. */
interface Call {
  readonly delivery: Delivery;
  reply(fields: Partial<Reply>): void;
  fail(why?: string): void;
}

export class OutboxFixture {
  readonly log: Log;
  readonly groupCommit: GroupCommit;
  readonly outbox: Outbox;
  /** The answers to the sender, in order: "body state". */
  readonly answers: string[] = [];
  /** What was done to the platform's alarm, in order: a time, or null for deleted. */
  readonly alarms: (number | null)[] = [];
  /** What the current event may call. */
  readonly budget: CallBudget;
  readonly #scheduler = new AlarmScheduler(
    {
      setAlarm: (at) => Promise.resolve(void this.alarms.push(Number(at))),
      deleteAlarm: () => Promise.resolve(void this.alarms.push(null)),
    },
    () => undefined,
  );
  readonly #calls: Call[] = [];
  #wake: () => void = () => undefined;

  constructor(state: DurableObjectState, times?: RetryTimes, callsPerEvent = 900) {
    this.budget = new CallBudget(callsPerEvent);
    this.log = new Log(state.storage.sql);
    this.log.ensureCreated("alice");
    this.groupCommit = new GroupCommit({
      flushWrites: () => {
        this.log.flush(() => this.outbox.oldestUnsettled);
        this.outbox.setAlarm();
      },
      flushReplies: () => {
        this.outbox.start();
        this.#wake();
      },
      takeWrote: () => this.log.sql.takeWrote(),
      whenDurable: () => state.storage.sync(),
      onError: () => undefined,
    });
    const deliver = (delivery: Delivery) => this.#onCall(delivery);
    const remote = { budget: this.budget, alarms: this.#scheduler, deliver, onFirstStored: () => undefined };
    this.outbox = new Outbox(this.log, this.groupCommit, remote, times);
  }

  /** Accepts a message for `to`, in an event of its own. Returns its seq. */
  send(to: string, body: string): number {
    let seq = 0;
    this.budget.begin(this.budget.depth);
    this.groupCommit.runNow(() => {
      seq = this.add(to, body);
    });
    return seq;
  }

  /** The same, inside a group commit. */
  add(to: string, body: string): number {
    const entry = this.log.append({ kind: "out", peer: to, origin: null, device: "d", id: 1, at: Date.now(), body });
    this.outbox.add(entry, (state) => this.answers.push(`${body} ${state}`));
    return entry.seq;
  }

  /** The next call that has left. */
  async nextCall(): Promise<Call> {
    await this.until(() => this.#calls.length > 0);
    const call = this.#calls.shift();
    if (call === undefined) throw new Error("no call");
    return call;
  }

  /** How many calls have left that the test has not taken. */
  get callsWaiting(): number {
    return this.#calls.length;
  }

  /** Resolves when what `act` leads to is queued for a transaction, or was done in one. */
  async whenEnqueued(act: () => void): Promise<void> {
    const enqueue = vi.spyOn(this.groupCommit, "enqueue");
    act();
    await this.until(() => enqueue.mock.calls.length > 0);
    enqueue.mockRestore();
  }

  /** The alarm rings. To be done in a group commit. */
  onAlarm(): void {
    this.#scheduler.onAlarm(Date.now());
    this.outbox.onAlarm();
  }

  /** Resolves when a transaction or a call has made the condition true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((done) => (this.#wake = done));
  }

  /** The messages that failed, as [seq, code]. */
  failed(): [number | null, string][] {
    return [...this.log.entries.after(0)]
      .filter(({ kind }) => kind === "failed")
      .map(({ origin, body }) => [origin, body]);
  }

  #onCall(delivery: Delivery): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const high = delivery.envelopes.at(-1)?.origin ?? 0;
      this.#calls.push({
        delivery,
        reply: (fields) => resolve({ version: 1, epoch: "b1", high, verdict: "taken", refused: [], ...fields }),
        fail: (why = "the receiver's object can't be reached") => reject(new Error(why)),
      });
      this.#wake();
    });
  }
}

/** Runs a test inside an object of its own. `again` makes a fixture on the same disk, with nothing in memory. */
export async function withOutbox(
  name: string,
  play: (first: OutboxFixture, again: (times?: RetryTimes) => OutboxFixture) => Promise<void>,
  times?: RetryTimes,
  callsPerEvent?: number,
): Promise<void> {
  await runInDurableObject(env.MAILBOX.getByName(name), async (_, state) => {
    await play(new OutboxFixture(state, times, callsPerEvent), (other) => new OutboxFixture(state, other));
  });
}
