// Lanes on a real log, inside a real object, with a receiver that the test plays: it sees each delivery and says what becomes of it.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Delivery, Reply } from "../../src/protocol/envelope.ts";
import type { RetryTimes } from "../../src/durable/delivery/retry-times.ts";
import { AlarmScheduler } from "../../src/durable/alarm-scheduler.ts";
import { CallBudget } from "../../src/durable/call-budget.ts";
import { Outbox } from "../../src/mailbox/delivery/outbox.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { GroupCommit } from "../../src/durable/group-commit.ts";

interface Call {
  readonly delivery: Delivery;
  answer(reply: Partial<Reply>): void;
  fail(why?: string): void;
}

export class Rig {
  readonly log: Log;
  readonly turn: GroupCommit;
  readonly lanes: Outbox;
  readonly answers: string[] = [];
  /** What was done to the alarm, in order: a time, or null for deleted. */
  readonly alarms: (number | null)[] = [];
  readonly #scheduler = new AlarmScheduler({
    setAlarm: (at) => void this.alarms.push(at),
    deleteAlarm: () => void this.alarms.push(null),
  });
  readonly #calls: Call[] = [];
  #wake: () => void = () => undefined;
  /** What the current event may call. */
  readonly budget: CallBudget;

  constructor(state: DurableObjectState, pace?: RetryTimes, callsPerEvent = 900) {
    this.budget = new CallBudget(callsPerEvent);
    this.log = new Log(state.storage.sql);
    this.log.ensureCreated("alice");
    const seal = () => {
      this.log.flush(() => this.lanes.oldestUnsettled);
      this.lanes.setAlarm();
    };
    const tell = () => {
      this.lanes.start();
      this.#wake();
    };
    const wrote = () => this.log.sql.takeWrote();
    this.turn = new GroupCommit({
      flushWrites: seal,
      flushReplies: tell,
      takeWrote: wrote,
      whenDurable: () => state.storage.sync(),
      onError: () => undefined,
    });
    const reach = {
      budget: this.budget,
      deliver: (delivery: Delivery) => this.#called(delivery),
      alarms: this.#scheduler,
    };
    this.lanes = new Outbox(this.log, this.turn, reach, pace);
  }

  /** Accepts a message for `to`, whose answers are noted as "body state". Returns its seq. */
  send(to: string, body: string): number {
    let seq = 0;
    this.budget.begin(this.budget.depth);
    this.turn.runNow(() => {
      seq = this.owe(to, body);
    });
    return seq;
  }

  /** The same, inside a group. */
  owe(to: string, body: string): number {
    const entry = this.log.append({ kind: "out", peer: to, origin: null, device: "d", id: 1, at: Date.now(), body });
    this.lanes.add(entry, (state) => this.answers.push(`${body} ${state}`));
    return entry.seq;
  }

  /** The next call that left. */
  async call(): Promise<Call> {
    await this.until(() => this.#calls.length > 0);
    const call = this.#calls.shift();
    if (call === undefined) throw new Error("no call");
    return call;
  }

  /** Resolves when what `act` leads to has joined a group, or was done in one. */
  async joined(act: () => void): Promise<void> {
    const join = vi.spyOn(this.turn, "enqueue");
    act();
    await this.until(() => join.mock.calls.length > 0);
    join.mockRestore();
  }

  /** The alarm rings. To be done in a group. */
  onAlarm(): void {
    this.#scheduler.onAlarm(Date.now());
    this.lanes.onAlarm();
  }

  get waiting(): number {
    return this.#calls.length;
  }

  /** Resolves when something that a group or a call does has made `true` of it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((done) => (this.#wake = done));
  }

  /** What failed, as [of, code]. */
  failed(): [number | null, string][] {
    return [...this.log.entries.after(0)]
      .filter(({ kind }) => kind === "failed")
      .map(({ origin, body }) => [origin, body]);
  }

  #called(delivery: Delivery): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const high = delivery.envelopes.at(-1)?.origin ?? 0;
      this.#calls.push({
        delivery,
        answer: (reply) => resolve({ version: 1, epoch: "b1", high, verdict: "taken", refused: [], ...reply }),
        fail: (why = "the receiver's object is not to be reached") => reject(new Error(why)),
      });
      this.#wake();
    });
  }
}

/** Runs a test inside an object of its own. `again` gives a rig on the same disk with nothing in memory. */
export async function rig(
  name: string,
  play: (first: Rig, again: (pace?: RetryTimes) => Rig) => Promise<void>,
  pace?: RetryTimes,
  callsPerEvent?: number,
): Promise<void> {
  await runInDurableObject(env.MAILBOX.getByName(name), async (_, state) => {
    await play(new Rig(state, pace, callsPerEvent), (other) => new Rig(state, other));
  });
}
