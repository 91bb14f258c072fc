// The outbox: messages that others have yet to store, and receipts that others have yet to be sent. The log is its
// durable form: a queue only remembers which entries are unsettled. The queues and their retries are
// src/durable/delivery; this builds the calls and applies replies.
import type { AlarmScheduler } from "../../durable/alarm-scheduler.ts";
import { type CallBudget, isOverBudget } from "../../durable/call-budget.ts";
import { Debounce } from "../../durable/debounce.ts";
import { BodiesInMemory } from "../../durable/delivery/bodies-in-memory.ts";
import { RetryQueues } from "../../durable/delivery/retry-queues.ts";
import { alsoAnswer, type UnsettledMessage } from "../../durable/delivery/receiver-queue.ts";
import { RETRY_TIMES, type RetryTimes } from "../../durable/delivery/back-off.ts";
import type { GroupCommit } from "../../durable/group-commit.ts";
import { counters } from "../../protocol/counters.ts";
import type { AcceptedState } from "../../protocol/down.ts";
import { type Delivery, type Reply, VERDICTS } from "../../protocol/envelope.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import type { UnsettledPeer } from "../../protocol/operator-orders.ts";
import type { Log } from "../log/log.ts";
import type { Entry } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";
import { adoptEpoch, applyReply, type Carried, isAllStored } from "./apply-reply.ts";
import type { ReceiptMarks } from "./due-receipts.ts";
import { nextDelivery } from "./next-delivery.ts";
import { PeerQueue } from "./peer-queue.ts";
import { refillQueue, restoreQueues } from "./refill-queue.ts";

/**
 * Ms after which receipts are sent, and after which a mark `stored` is written. The device that sends has its reply
 * already, and people notice no difference; but a burst is one call and one row, and `stored` is usually written
 * with the receipt, in the same row.
 */
const RECEIPT_DELAY_MS = 250;
const MARK_DELAY_MS = 400;

/** How the outbox reaches the world outside of its mailbox. */
interface OutboxRemote {
  readonly budget: CallBudget;
  readonly alarms: AlarmScheduler;
  deliver(delivery: Delivery): Promise<Reply>;
  /** The peer has stored a first message of the user's. */
  onFirstStored(peer: string): void;
}

export class Outbox {
  readonly #log: Log;
  readonly #groupCommit: GroupCommit;
  readonly #remote: OutboxRemote;
  readonly #bodies = new BodiesInMemory();
  /** Peers whose last reply to this instance said that they know relations. */
  readonly #knowRelations = new WeakSet<Peer>();
  readonly #queues: RetryQueues<PeerQueue>;
  readonly #delayedReceipts = new Debounce(RECEIPT_DELAY_MS, () =>
    this.#groupCommit.enqueue(() => this.#startReceipts()),
  );
  readonly #delayedMarks = new Debounce(MARK_DELAY_MS, () =>
    this.#groupCommit.enqueue(() => this.#log.peers.flushDeferred()),
  );

  constructor(log: Log, groupCommit: GroupCommit, remote: OutboxRemote, times: RetryTimes = RETRY_TIMES) {
    this.#log = log;
    this.#groupCommit = groupCommit;
    this.#remote = remote;
    const restored = [...restoreQueues(log, this.#bodies)];
    const alarm = remote.alarms.for("outbox", restored.length > 0 ? "unknown" : null);
    const parts = { groupCommit, budget: remote.budget, alarm, times };
    this.#queues = new RetryQueues(parts, {
      create: (to) => new PeerQueue(to, this.#bodies),
      call: (queue) => void this.#call(queue),
      onIdle: (queue) => this.#onIdle(queue),
      onUnreachable: (queue) => this.#persistReceipts(queue),
    });
    for (const queue of restored) {
      this.#queues.restore(queue, queue.unsettled.length > 0 || queue.receipts.areDue);
      if (queue.hasMore) this.#delayedReceipts.schedule();
    }
  }

  /** The seq of the oldest unsettled entry; null: all are settled. */
  get oldestUnsettled(): number | null {
    return this.#queues.oldestUnsettled;
  }

  /**
   * Adds an entry for its peer. `answer` is called in a group commit, once: `stored`, or `queued` if the peer can't be
   * reached.
   */
  add({ seq, peer, at, body, re }: Entry, answer: UnsettledMessage["answer"]): void {
    const queue = this.#queues.open(peer);
    if (queue.isFull) {
      queue.onDiskOnly++;
      counters.queued++;
      return answer?.("queued");
    }
    const isUnreachable = queue.retryAt !== null;
    if (isUnreachable) {
      answer?.("queued");
      counters.queued++;
    }
    const message = { seq, at, body: this.#bodies.keep(body), answer: isUnreachable ? null : answer };
    queue.push(re === undefined ? message : { ...message, re });
    this.#queues.makeReady(queue);
  }

  /** Answers again for an entry that was sent before: now, or with the first answer. */
  answer({ seq, peer }: Entry, answer: (state: AcceptedState) => void): void {
    const queue = this.#queues.get(peer);
    const message = queue?.find(seq);
    if (queue?.isOnDiskOnly(seq) === true) answer("queued");
    else if (queue === undefined || message === undefined)
      answer(this.#log.entries.hasFailed(seq) ? "queued" : "stored");
    else if (queue.retryAt !== null) answer("queued");
    else alsoAnswer(message, answer);
  }

  /** The peer is to be sent receipts, in its own numbering. Those of the next 250 ms become one. */
  sendReceipts(peer: string, marks: Partial<ReceiptMarks>): void {
    this.#queues.open(peer).receipts.add(marks);
    this.#delayedReceipts.schedule();
  }

  /** Writes which receipts are due: a device's row is about to say that all of it was delivered. */
  persistDueReceipts(): void {
    for (const queue of this.#queues.all()) this.#persistReceipts(queue);
  }

  /** Whether the device that sent `seq` to `peer` has no answer yet. */
  awaitsReply(peer: string, seq: number): boolean {
    return (this.#queues.get(peer)?.find(seq)?.answer ?? null) !== null;
  }

  /** The peers with unsettled messages, those with the oldest message first; at most `limit`. */
  peersWithUnsettled(limit: number): UnsettledPeer[] {
    const waiting = [...this.#queues.all()].flatMap(({ to: peer, unsettled, onDiskOnly }) => {
      const [oldest] = unsettled;
      return oldest === undefined ? [] : [{ peer, messages: unsettled.length + onDiskOnly, since: oldest.at }];
    });
    return waiting.toSorted((a, b) => a.since - b.since).slice(0, limit);
  }

  /** How many messages to `peer` are unsettled. */
  unsettledTo(peer: string): number {
    const queue = this.#queues.get(peer);
    return queue === undefined ? 0 : queue.unsettled.length + queue.onDiskOnly;
  }

  /** Every message to `peer` before this seq is settled; Infinity: all are. */
  settledBefore(peer: string): number {
    const queue = this.#queues.get(peer);
    if (queue === undefined) return Infinity;
    return queue.unsettled[0]?.seq ?? (queue.onDiskOnly > 0 ? queue.lastInMemory : Infinity);
  }

  /**
   * Whether a call to `peer` is under way, and the peer reachable: what is sent to it now waits for the end of that
   * call.
   */
  isCalling(peer: string): boolean {
    const queue = this.#queues.get(peer);
    return queue?.state === "calling" && queue.retryAt === null;
  }

  /**
   * The peer has called, so it can be reached. Another epoch than the known one is another mailbox, to which nothing is
   * unsettled.
   */
  onContactFrom(peer: Peer, epoch: string): void {
    const queue = this.#queues.get(peer.name);
    if (peer.epoch !== epoch) adoptEpoch(this.#log, peer, epoch, queue);
    if (queue?.state === "waiting") this.#queues.idle(queue);
  }

  /** Starts what may start, after a flush. */
  start(): void {
    this.#queues.start();
  }

  /** Sets the alarm, before anything leaves: it is a write. */
  setAlarm(): void {
    this.#queues.setAlarm();
  }

  /** The alarm rang. To be done in a group commit. */
  onAlarm(): void {
    this.#queues.onAlarm();
  }

  async #call(queue: PeerQueue): Promise<void> {
    queue.state = "calling";
    const peer = this.#log.peers.get(queue.to);
    const carried = { last: 0, compared: false, isProbe: false, receipts: queue.receipts.marks };
    let reply: Reply | null = null;
    try {
      const delivery = nextDelivery(queue, peer, this.#log, this.#knowRelations.has(peer));
      carried.last = delivery.envelopes.at(-1)?.origin ?? 0;
      carried.isProbe = carried.last === 0 && queue.unsettled.length > 0;
      carried.compared = delivery.compare === true;
      reply = await this.#queues.whenReplied(queue, this.#remote.deliver(delivery));
    } catch (error) {
      // The alarm makes the call at once. Refused in two events in a row, it has failed like any other.
      if (isOverBudget(error) && !queue.wasDeferred) {
        return this.#groupCommit.runReadOnly(() => this.#queues.defer(queue));
      }
      const user = this.#log.row?.name ?? null;
      logEvent("deliver_failed", { user, to: queue.to, owed: queue.unsettled.length, reason: reasonOf(error) });
    } finally {
      this.#queues.onCallEnd(queue);
    }
    queue.wasDeferred = false;
    if (reply?.relations === true) this.#knowRelations.add(peer);
    else this.#knowRelations.delete(peer);
    // The common case: the devices are answered at once, and the peer's row is written later. If a crash loses it, the
    // queue delivers again, and the receiver deduplicates.
    const isUsual = queue.retryAt === null && queue.asksSince === 0 && !carried.isProbe;
    if (reply !== null && isUsual && isAllStored(reply, peer, this.#log.head)) {
      const stored = reply;
      this.#groupCommit.runReadOnly(() => this.#settle(queue, carried, stored));
      if (queue.state !== "calling") this.#groupCommit.releaseDeferred();
    } else this.#groupCommit.enqueue(() => this.#settle(queue, carried, reply));
  }

  /** The call has ended; `reply` is null where it failed. */
  #settle(queue: PeerQueue, carried: Carried, reply: Reply | null): void {
    // A newer mailbox may give a verdict that this version does not know: nothing is certain, and it is tried again.
    if (reply === null || !VERDICTS.has(reply.verdict)) return this.#queues.pause(queue);
    // Older code, which will be replaced: what it can't read waits.
    if (carried.isProbe && reply.relations !== true) return this.#queues.pause(queue);
    if (queue.retryAt !== null) {
      logEvent("delivered_late", { user: this.#log.row?.name ?? null, to: queue.to, last: carried.last });
    }
    this.#queues.markReachable(queue);
    if (queue.asksSince > 0 && reply.verdict !== "behind") {
      queue.asksSince = 0;
      this.#log.foundLostMarks(queue.to);
    }
    if (reply.verdict === "other") this.onContactFrom(this.#log.peers.get(queue.to), reply.epoch);
    else this.#applyReply(queue, carried, reply);
    this.#queues.idle(queue);
    if (this.#log.peers.hasDeferred) this.#delayedMarks.schedule();
  }

  #applyReply(queue: PeerQueue, carried: Carried, reply: Reply): void {
    const peer = this.#log.peers.get(queue.to);
    const isFirst = peer.stored === 0;
    applyReply(this.#log, queue, carried, reply, (entry, answer) => this.add(entry, answer));
    if (isFirst && peer.stored > 0) this.#remote.onFirstStored(queue.to);
  }

  #startReceipts(): void {
    for (const queue of this.#queues.all()) if (queue.hasMore) this.#queues.makeReady(queue);
  }

  #persistReceipts(queue: PeerQueue): void {
    if (!queue.receipts.areDue) return;
    const peer = this.#log.peers.get(queue.to);
    if (queue.receipts.persist(peer)) this.#log.peers.changed(peer);
  }

  #onIdle(queue: PeerQueue): void {
    refillQueue(queue, this.#log);
    if (queue.hasMore) this.#delayedReceipts.schedule();
  }
}
