// Delivery with retries: one queue a receiver, one call under way in each, as many calls as the event may make, and an
// alarm for the rest. The owner of the queues says how to call and what a reply means (`QueueOwner`); this knows
// neither the log nor what is delivered.
import type { Alarm } from "../alarm-scheduler.ts";
import type { CallBudget } from "../call-budget.ts";
import type { GroupCommit } from "../group-commit.ts";
import { counters } from "../../protocol/counters.ts";
import { CallTimeout } from "./call-timeout.ts";
import { ReadyQueues } from "./ready-queues.ts";
import type { ReceiverQueue } from "./receiver-queue.ts";
import type { RetryTimes } from "./back-off.ts";

/** What the owner does for its queues. */
interface QueueOwner<Queue> {
  create(to: string): Queue;
  /** Makes the queue's next call; its reply ends in `idle`, `pause` or `defer`. */
  call(queue: Queue): void;
  /** No call is under way: reads on in the log, if few messages are left in memory. */
  onIdle(queue: Queue): void;
  /** The receiver can't be reached: writes what a wake has to know. */
  onUnreachable(queue: Queue): void;
}

interface Parts {
  readonly groupCommit: GroupCommit;
  readonly budget: CallBudget;
  readonly alarm: Alarm;
  readonly times: RetryTimes;
}

export class RetryQueues<Queue extends ReceiverQueue> {
  readonly #owner: QueueOwner<Queue>;
  readonly #groupCommit: GroupCommit;
  readonly #budget: CallBudget;
  readonly #alarm: Alarm;
  readonly #times: RetryTimes;
  readonly #timeout: CallTimeout;
  readonly #queues = new Map<string, Queue>();
  readonly #ready: ReadyQueues<Queue>;
  readonly #unreachable = new Set<Queue>();

  constructor({ groupCommit, budget, alarm, times }: Parts, owner: QueueOwner<Queue>) {
    this.#owner = owner;
    this.#groupCommit = groupCommit;
    this.#budget = budget;
    this.#alarm = alarm;
    this.#times = times;
    this.#timeout = new CallTimeout(times.slowMs);
    this.#ready = new ReadyQueues(budget, times.slowMs, (late) => {
      groupCommit.enqueue(() => late.forEach((queue) => this.#markUnreachable(queue)));
    });
  }

  /** The seq of the oldest unsettled message, over all queues; null: all are settled. */
  get oldestUnsettled(): number | null {
    let first = Infinity;
    for (const { unsettled } of this.#queues.values()) first = Math.min(first, unsettled[0]?.seq ?? Infinity);
    return first === Infinity ? null : first;
  }

  get(to: string): Queue | undefined {
    return this.#queues.get(to);
  }

  all(): Iterable<Queue> {
    return this.#queues.values();
  }

  /** The queue for this receiver, which is created if there is none. */
  open(to: string): Queue {
    let queue = this.#queues.get(to);
    if (queue === undefined) this.#queues.set(to, (queue = this.#owner.create(to)));
    return queue;
  }

  /**
   * A queue of an earlier instance. `hadAlarm`: its senders may have been answered `queued`, and its alarm may have
   * rung: it needs another one.
   */
  restore(queue: Queue, hadAlarm: boolean): void {
    this.#queues.set(queue.to, queue);
    if (queue.unsettled.length > 0) this.makeReady(queue);
    if (hadAlarm) this.#markUnreachable(queue);
  }

  /** Has the next flush call this receiver, unless a call is under way or the alarm starts it. */
  makeReady(queue: Queue): void {
    if (queue.state === "idle") this.#ready.add(queue);
  }

  /**
   * Starts the calls that may start. What was written before is durable before a call leaves. What this event may not
   * call waits for the alarm.
   */
  start(): void {
    for (let queue = this.#ready.next(); queue !== undefined; queue = this.#ready.next()) {
      if (queue.isEmpty) this.idle(queue);
      else this.#owner.call(queue);
    }
    if (this.#ready.heldSince !== null) this.#alarm.set(this.#ready.heldSince);
    this.#ready.watch();
  }

  /**
   * What the queue's call resolves with. A slow one makes the receiver unreachable; one that is too slow is rejected.
   */
  whenReplied<Reply>(queue: Queue, call: Promise<Reply>): Promise<Reply> {
    this.#ready.loaded(queue);
    return this.#timeout.run(call, () => this.#onSlow(queue), queue.loadedUnits);
  }

  /** The queue's call has ended, however it did. */
  onCallEnd(queue: Queue): void {
    this.#ready.left(queue);
  }

  /** The receiver has replied. */
  markReachable(queue: Queue): void {
    queue.retryAt = null;
    this.#unreachable.delete(queue);
  }

  /** No call is under way: ready for the next one, or removed where all is delivered. */
  idle(queue: Queue): void {
    queue.state = "idle";
    this.#owner.onIdle(queue);
    if (queue.unsettled.length > 0) this.#ready.add(queue);
    if (!queue.isEmpty) return;
    this.#queues.delete(queue.to);
    this.#unreachable.delete(queue);
  }

  /** The call failed: the alarm starts the next one. */
  pause(queue: Queue): void {
    queue.state = "waiting";
    this.#markUnreachable(queue);
    if (queue.isEmpty) this.idle(queue);
  }

  /** The platform let no call leave: a later event makes it. The receiver may be reachable. */
  defer(queue: Queue): void {
    queue.wasDeferred = true;
    this.#ready.left(queue);
    this.#budget.exhaust();
    this.idle(queue);
  }

  /** Sets the alarm, which exists only while something is unsettled. To be done in a group commit, before its flush. */
  setAlarm(): void {
    if (this.#queues.size === 0) return this.#alarm.clear();
    let next = this.#ready.heldSince ?? Infinity;
    for (const { retryAt } of this.#unreachable) next = Math.min(next, retryAt ?? Infinity);
    if (next !== Infinity) this.#alarm.set(next);
  }

  /** The alarm rang: the queues that are due try again. To be done in a group commit. */
  onAlarm(): void {
    this.#ready.heldSince = null;
    const now = Date.now();
    for (const queue of this.#unreachable) {
      if (queue.retryAt === null || queue.retryAt > now) continue;
      counters.retries += Number(queue.state === "waiting");
      if (queue.state === "waiting") this.idle(queue);
      queue.scheduleRetry(this.#times);
    }
  }

  #onSlow(queue: Queue): void {
    this.#ready.left(queue);
    this.#groupCommit.enqueue(() => this.#markUnreachable(queue));
  }

  /** A slow call or a failed one: from now on the senders are answered `queued`, and there is an alarm. */
  #markUnreachable(queue: Queue): void {
    if (queue.isEmpty) return;
    this.#owner.onUnreachable(queue);
    queue.markUnreachable(this.#times);
    this.#unreachable.add(queue);
  }
}
