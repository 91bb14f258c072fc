// The lanes: what this mailbox owes to others. One lane a receiver, one call under way in it, so the order is the order of the log.
// The outbox is the log itself; a lane only remembers which of its entries are not settled yet.
import { counters } from "../../protocol/counters.ts";
import { type Delivery, type Reply, VERDICTS } from "../../protocol/envelope.ts";
import type { State } from "../../protocol/down.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import type { MessageRefusalCode } from "../../protocol/message-refusals.ts";
import type { AlarmScheduler, AlarmSwitch } from "../../durable/alarm-scheduler.ts";
import { nextDelivery } from "./next-delivery.ts";
import type { ReceiptMarks } from "./due-receipts.ts";
import { BodiesInMemory } from "./bodies-in-memory.ts";
import { type CallBudget, isOverBudget } from "../../durable/call-budget.ts";
import {
  earliestDue,
  oldestUnsettled,
  PeerQueue,
  MARK_DELAY_MS,
  type UnsettledMessage,
  RETRY_TIMES,
  type RetryTimes,
  RECEIPT_DELAY_MS,
} from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import type { Entry, Peer } from "../log/schema.ts";
import { refillQueue, takeAll } from "./refill-queue.ts";
import { CallTimeout } from "../../durable/call-timeout.ts";
import { ReadyQueues } from "./ready-queues.ts";
import { resendLost, failMessage, applyStored } from "./apply-reply.ts";
import { Debounce } from "../../durable/debounce.ts";
import type { GroupCommit } from "../../durable/group-commit.ts";

/** How a lane reaches the world outside of its mailbox. */
export interface OutboxRemote {
  readonly budget: CallBudget;
  readonly alarms: AlarmScheduler;
  deliver(delivery: Delivery): Promise<Reply>;
}

export class Outbox {
  readonly #log: Log;
  readonly #turn: GroupCommit;
  readonly #reach: OutboxRemote;
  readonly #pace: RetryTimes;
  readonly #patience: CallTimeout;
  readonly #lanes = new Map<string, PeerQueue>();
  readonly #ready: ReadyQueues;
  readonly #troubled = new Set<PeerQueue>();
  readonly #bodies = new BodiesInMemory();
  readonly #alarm: AlarmSwitch;
  readonly #receipts = new Debounce(RECEIPT_DELAY_MS, () => this.#turn.enqueue(() => this.#startTells()));
  readonly #rows = new Debounce(MARK_DELAY_MS, () => this.#turn.enqueue(() => this.#log.peers.flushDeferred()));

  constructor(log: Log, turn: GroupCommit, reach: OutboxRemote, pace: RetryTimes = RETRY_TIMES) {
    this.#log = log;
    this.#pace = pace;
    this.#patience = new CallTimeout(pace.slowMs);
    this.#turn = turn;
    this.#reach = reach;
    this.#ready = new ReadyQueues(reach.budget, pace.slowMs, (late) => {
      this.#turn.enqueue(() => late.forEach((lane) => this.#trouble(lane)));
    });
    for (const [to, { sent, more }] of log.takeUnsettled()) {
      for (const each of sent) this.#push({ ...each, body: null, answer: null });
      this.#lane(to).onDiskOnly = more;
    }
    for (const peer of log.row === null ? [] : log.peers.withDueReceipts()) {
      this.#lane(peer.name).receipts.restore(peer);
      this.#receipts.schedule();
    }
    this.#alarm = reach.alarms.for("outbox", this.#lanes.size > 0 ? "unknown" : null);
    // It may have been told that they are queued, and the alarm that rang for them is spent: there has to be another.
    for (const lane of this.#lanes.values()) this.#trouble(lane);
  }

  /** The oldest entry that is not settled, over all lanes. */
  get oldestUnsettled(): number | null {
    return oldestUnsettled(this.#lanes.values());
  }

  /** Owes `entry` to its peer. `answer` is called in a group, with what is certain first. */
  add(entry: Entry, answer: UnsettledMessage["answer"]): void {
    const lane = this.#lanes.get(entry.peer);
    if (lane?.isFull === true) {
      lane.onDiskOnly++;
      counters.queued++;
      return answer?.("queued");
    }
    const troubled = lane !== undefined && lane.retryAt !== null;
    if (troubled) answer?.("queued");
    counters.queued += Number(troubled);
    const { seq, peer, at } = entry;
    this.#push({ seq, peer, at, body: this.#bodies.keep(entry.body), answer: troubled ? null : answer });
  }

  /** Answers for an entry that was sent before: now, or with the others when it is certain. */
  answer({ seq, peer }: Entry, answer: (state: State) => void): void {
    const lane = this.#lanes.get(peer);
    const owed = lane?.find(seq);
    if (lane?.hasInLog(seq) === true) answer("queued");
    else if (lane === undefined || owed === undefined) answer(this.#log.entries.failed(seq) ? "queued" : "stored");
    else if (lane.retryAt !== null) answer("queued");
    else lane.alsoAnswer(owed, answer);
  }

  /** The peer is to hear of receipts, in its own numbering. Several become one on their way. */
  sendReceipts(name: string, marks: Partial<ReceiptMarks>): void {
    this.#lane(name).receipts.add(marks);
    this.#receipts.schedule();
  }

  /** Writes down which receipts are still on their way: a device's row is about to say that it was all delivered. */
  persistDueReceipts(): void {
    for (const lane of this.#lanes.values()) if (lane.receipts.areDue) this.#keepTell(lane);
  }

  /** Whether the device that sent `seq` to `peer` is still to be answered. */
  awaitsReply(peer: string, seq: number): boolean {
    return (this.#lanes.get(peer)?.find(seq)?.answer ?? null) !== null;
  }

  /** How many messages are on their way to `peer`. */
  unsettledTo(peer: string): number {
    const lane = this.#lanes.get(peer);
    return lane === undefined ? 0 : lane.unsettled.length + lane.onDiskOnly;
  }

  /** Whether a call to `peer` is under way, and not in trouble: what is sent to it now has to wait for the end of that. */
  isCalling(peer: string): boolean {
    const lane = this.#lanes.get(peer);
    return lane?.state === "calling" && lane.retryAt === null;
  }

  /** Somebody delivers: who calls is there. Another epoch than the known one is another mailbox, to which nothing is owed. */
  onContactFrom(peer: Peer, epoch: string): void {
    const lane = this.#lanes.get(peer.name);
    if (peer.epoch !== epoch) {
      if (peer.epoch !== null && lane !== undefined) this.#failAll(lane, "unknown_receiver");
      // What was sent before is not the next life's business.
      const began = peer.epoch === null ? 0 : this.#log.head;
      Object.assign(peer, { epoch, began, high: 0, refused: 0, reached: 0, owesDelivered: 0, owesRead: 0 });
      this.#log.peers.changed(peer);
    }
    if (lane?.state === "waiting") this.#idle(lane);
  }

  /** Starts what can start. What was written before is durable before a call leaves. What this event may not call waits for the alarm. */
  start(): void {
    for (let lane = this.#ready.next(); lane !== undefined; lane = this.#ready.next()) {
      if (lane.isEmpty) this.#idle(lane);
      else void this.#call(lane);
    }
    if (this.#ready.heldSince !== null) this.#alarm.setAlarm(this.#ready.heldSince);
    this.#ready.watch();
  }

  /** Sets the alarm, which exists only while something is owed: writes, so it comes before anything is told. */
  setAlarm(): void {
    const next = Math.min(earliestDue(this.#troubled), this.#ready.heldSince ?? Infinity);
    if (this.#lanes.size === 0) this.#alarm.deleteAlarm();
    else if (next !== Infinity) this.#alarm.setAlarm(next);
  }

  /** The alarm rang: lanes whose time has come try again. To be done in a group. */
  onAlarm(): void {
    this.#ready.heldSince = null;
    const now = Date.now();
    for (const lane of this.#troubled) {
      if (lane.retryAt === null || lane.retryAt > now) continue;
      counters.retries += Number(lane.state === "waiting");
      if (lane.state === "waiting") this.#idle(lane);
      lane.scheduleRetry(this.#pace);
    }
  }

  async #call(lane: PeerQueue): Promise<void> {
    lane.state = "calling";
    const peer = this.#log.peers.get(lane.to);
    const tell = lane.receipts.marks;
    let reply: Reply | null = null;
    let last = 0;
    try {
      const delivery = nextDelivery(lane, peer, this.#log);
      last = delivery.envelopes.at(-1)?.origin ?? 0;
      this.#ready.loaded(lane);
      reply = await this.#patience.run(this.#reach.deliver(delivery), () => this.#slow(lane), lane.loadedUnits);
    } catch (error) {
      // The alarm goes on with it at once. Refused in two events that follow each other, it is trouble like any other.
      if (isOverBudget(error) && !lane.deferred) return this.#turn.runReadOnly(() => this.#defer(lane));
      const user = this.#log.row?.name ?? null;
      logEvent("deliver_failed", { user, to: lane.to, owed: lane.unsettled.length, reason: reasonOf(error) });
    } finally {
      this.#ready.left(lane);
    }
    lane.deferred = false;
    const done = () => {
      if (reply === null) this.#pause(lane);
      else this.#settle(lane, last, reply, tell);
    };
    // Mostly everything was stored: the devices hear it at once, and the rows follow some time later. Lost before, they only make
    // the lane ask again.
    const stored = reply?.verdict === "taken" && reply.refused.length === 0 && reply.epoch === peer.epoch;
    if (!stored || lane.retryAt !== null) return this.#turn.enqueue(done);
    this.#turn.runReadOnly(done);
    if (lane.state !== "calling") this.#turn.releaseDeferred();
  }

  #settle(lane: PeerQueue, last: number, reply: Reply, told: ReceiptMarks): void {
    // A newer mailbox may answer what this version does not know: then nothing is certain, and it is tried again.
    if (!VERDICTS.has(reply.verdict)) return this.#pause(lane);
    const peer = this.#log.peers.get(lane.to);
    if (lane.retryAt !== null) logEvent("delivered_late", { user: this.#log.row?.name ?? null, to: lane.to, last });
    lane.retryAt = null;
    this.#troubled.delete(lane);
    if (reply.verdict === "other") this.onContactFrom(peer, reply.epoch);
    else if (reply.verdict === "nobody") {
      if (lane.receipts.markSent(peer, told)) this.#log.peers.changed(peer);
      for (const owed of this.#shift(lane, last)) failMessage(this.#log, owed, "unknown_receiver");
    } else if (peer.epoch !== null && peer.epoch !== reply.epoch) {
      // An answer of a life that has ended meanwhile: what was owed to it has failed already.
    } else {
      if (lane.receipts.markSent(peer, told)) this.#log.peers.changed(peer);
      if (reply.verdict === "behind") this.#bodies.drop(resendLost(this.#log, lane, peer, reply.high));
      else if (reply.high > this.#log.head && !lane.wasRenumbered) this.#renumber(lane, reply.high);
      else applyStored(this.#log, peer, this.#shift(lane, last), reply);
    }
    this.#idle(lane);
    if (this.#log.peers.hasDeferred) this.#rows.schedule();
  }

  #startTells(): void {
    for (const lane of this.#lanes.values()) if (lane.state === "idle" && lane.receipts.areDue) this.#ready.add(lane);
  }

  #keepTell(lane: PeerQueue): void {
    const peer = this.#log.peers.get(lane.to);
    if (lane.receipts.persist(peer)) this.#log.peers.changed(peer);
  }

  /** The receiver has higher numbers than were ever given: this mailbox was set back, and its clock is behind. What came was dropped there. */
  #renumber(lane: PeerQueue, high: number): void {
    lane.wasRenumbered = true;
    this.#log.raise(high);
    for (const { seq, answer } of takeAll(lane, this.#log, () => this.#shift(lane, Infinity))) {
      const entry = this.#log.entries.get(seq);
      if (entry !== null) this.add(this.#log.append({ ...entry, device: null, id: null }), answer);
    }
  }

  #failAll(lane: PeerQueue, code: MessageRefusalCode): void {
    for (const owed of takeAll(lane, this.#log, () => this.#shift(lane, Infinity))) failMessage(this.#log, owed, code);
    lane.receipts.discard();
  }

  /** The call is to be made in a later event: nothing is wrong with the receiver. */
  #defer(lane: PeerQueue): void {
    lane.deferred = true;
    this.#ready.left(lane);
    this.#reach.budget.exhaust();
    this.#idle(lane);
  }

  #slow(lane: PeerQueue): void {
    this.#ready.left(lane);
    this.#turn.enqueue(() => this.#trouble(lane));
  }

  /** No answer for a while, or a first failure: from now on the devices hear `queued`, and an alarm is set. */
  #trouble(lane: PeerQueue): void {
    if (lane.isEmpty) return;
    if (lane.receipts.areDue) this.#keepTell(lane);
    lane.markUnreachable(this.#pace);
    this.#troubled.add(lane);
  }

  #pause(lane: PeerQueue): void {
    lane.state = "waiting";
    this.#trouble(lane);
    if (lane.isEmpty) this.#idle(lane);
  }

  /** Nothing under way: ready for the next call, or gone if nothing is owed. */
  #idle(lane: PeerQueue): void {
    lane.state = "idle";
    refillQueue(lane, this.#log);
    if (lane.unsettled.length > 0) this.#ready.add(lane);
    if (lane.receipts.areDue) this.#receipts.schedule();
    if (!lane.isEmpty) return;
    this.#lanes.delete(lane.to);
    this.#troubled.delete(lane);
  }

  #push(owed: UnsettledMessage): void {
    const lane = this.#lane(owed.peer);
    lane.push(owed);
    if (lane.state === "idle") this.#ready.add(lane);
  }

  #lane(to: string): PeerQueue {
    let lane = this.#lanes.get(to);
    if (lane === undefined) this.#lanes.set(to, (lane = new PeerQueue(to)));
    return lane;
  }

  #shift(lane: PeerQueue, last: number): UnsettledMessage[] {
    return this.#bodies.drop(lane.shift(last));
  }
}
