// The messages that this device sends: each draft keeps its id until the mailbox has answered, across connections.
// It knows the numbering of ids and the size of a text; no socket, no cursor, and no message of others.
import { bodyOf, type Frame, type Welcome } from "../protocol/down.ts";
import { FIRST_TEXT_BYTES, MAX_FRAMES, MAX_TEXT_BYTES, TEXT_MS, utf8Bytes } from "../protocol/limits.ts";
import { messageRefusal } from "../protocol/message-refusals.ts";
import { monotonicMs } from "./clock.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { ALL, Pauses } from "./pauses.ts";
import { RecentKeys } from "./recent-keys.ts";
import { FRAME_BYTES, type Run, textOf } from "./send-text.ts";
import type { Draft, Why } from "./store.ts";

/** What the owner of an outbox is notified of. */
interface OutboxEvents {
  settled(key: string): void;
  /** A pause that the mailbox asked for is over. */
  resumed(): void;
}

/**
 * `rate_limited` for longer than this is about one receiver, also where the server does not say so, as up to 0.3: there
 * only the limit on new people lasts longer. If it is about all after all, the next receiver's message is refused too.
 */
const LONG_PAUSE_MS = 60_000;
/** The longest pause that a restarted client continues. Answers: a clock that was wrong when the pause began. */
const MAX_KEPT_PAUSE_MS = 3_600_000;

/**
 * waiting: to be sent on the present connection. in flight: in the text that has no answer yet. in log: the log has
 * shown it, and the answer is still to come.
 */
type Step = "waiting" | "in flight" | "in log";

/** A draft as it changes. */
type Item = { -readonly [Field in keyof Draft]: Draft[Field] } & {
  step: Step;
  /** Whether it differs from the draft that was handed out last. */
  isChanged: boolean;
};

/** A copy, without a spread: that takes 10 µs. */
function draftOf({ key, peer, at, body, id, seq, failed, until, sendKey }: Draft): Draft {
  return { key, peer, at, body, id, seq, failed, until, sendKey };
}

const hasId = (item: Item, id: number) => item.id === id;
const hasSeq = (item: Item, seq: number) => item.seq === seq;

export class Outbox {
  readonly #events: OutboxEvents;
  /** In the order of sending, until they are answered, discarded, or refused for good. */
  readonly #items = new OrderedQueue<Item>();
  #changed: Item[] = [];
  /** Drafts of the text in flight: one text at a time, so that no answer refers to an older numbering. */
  #inFlight = 0;
  /** The bytes of that text, 0 once the first answer has come; and when it was sent, monotonic ms. */
  #bytesInFlight = 0;
  #sentAt = 0;
  /** What the link carried of the last text in TEXT_MS: the most bytes of the next one, if FIRST_TEXT_BYTES are less. */
  #carriedBytes = 0;
  /** The latest drafts that the store had: another tab may report one after it was sent. */
  readonly #known = new RecentKeys();
  /** Whether the mailbox reads runs. */
  #runs = false;
  #limits: { readonly frames: number; readonly textBytes: number } = { frames: MAX_FRAMES, textBytes: MAX_TEXT_BYTES };
  /** The `lastId` of the last `welcome`: ids up to it are used permanently. */
  #lastId = 0;
  #nextId = 1;
  /** The `head` of the last `welcome`. */
  #head = 0;
  /** Whether the first refused id was out of order: then the mailbox expects another id than this device. */
  #isShifted = false;
  #isOpen = false;
  readonly #pauses: Pauses;
  /**
   * The most messages of a text: after a pause one, then twice as many each time. A queue that is far longer than what
   * the mailbox takes is not sent as a whole after each pause.
   */
  #burst = Infinity;

  constructor(events: OutboxEvents) {
    this.#events = events;
    this.#pauses = new Pauses(() => events.resumed());
  }

  /** Queues a draft. `isStored`: the store has it already. */
  add(draft: Draft, isStored: boolean): void {
    if (isStored && !this.#known.add(draft.key)) return;
    if (draft.failed !== null) return;
    const { peer, until } = draft;
    const item = draftOf(draft) as Item;
    item.step = "waiting";
    item.isChanged = false;
    const now = Date.now();
    if (until !== undefined && until > now) this.#pauses.begin(peer, Math.min(until, now + MAX_KEPT_PAUSE_MS));
    this.#items.set(item);
    if (!isStored) this.#change(item);
  }

  /**
   * A connection begins. Drafts that the mailbox took keep their ids, to be answered again; all others get the next
   * ids.
   */
  begin({ lastId, head, limits, runs = false }: Welcome, isSameEpoch: boolean): void {
    this.#isOpen = true;
    this.#runs = runs;
    // An ack may go along.
    this.#limits = { ...limits, frames: limits.frames - 1 };
    this.#lastId = lastId;
    this.#head = head;
    this.#nextId = lastId + 1;
    this.#inFlight = this.#carriedBytes = 0;
    this.#isShifted = false;
    for (const item of this.#items.values()) {
      item.step = "waiting";
      if (item.id === null || (isSameEpoch && item.id <= lastId)) continue;
      item.id = item.seq = null;
      this.#change(item);
    }
  }

  connectionLost(): void {
    this.#isOpen = false;
  }

  /**
   * All waiting drafts, as one text within the limits; null while a text is in flight, and where nothing waits. Without
   * an id a draft steps aside for the pause of its receiver.
   */
  nextText(): string | null {
    if (!this.#isOpen || this.#pauses.until(ALL) !== undefined || this.#inFlight > 0) return null;
    const runs: Run[] = [];
    let bytes = 2;
    this.#isShifted = false;
    const maxBytes = Math.max(this.#carriedBytes, FIRST_TEXT_BYTES);
    const maxFrames = Math.min(this.#burst, this.#limits.frames);
    for (const item of this.#items.values()) {
      if (item.step !== "waiting" || (item.id === null && this.#stepsAside(item))) continue;
      const id = item.id ?? this.#nextId;
      const to = item.peer;
      const body = JSON.stringify(item.body);
      const run = runs.at(-1);
      const isSameRun = this.#runs && run?.to === to && run.id === id - 1;
      bytes += utf8Bytes(body) + (isSameRun ? 1 : FRAME_BYTES + utf8Bytes(to));
      const isTooLarge = bytes > this.#limits.textBytes;
      if (this.#inFlight > 0 && (isTooLarge || bytes > maxBytes || this.#inFlight >= maxFrames)) break;
      if (isTooLarge) {
        // The mailbox would end the connection, each time.
        this.#fail(item, messageRefusal("too_large"));
        bytes = 2;
        continue;
      }
      this.#bytesInFlight = bytes;
      this.#inFlight++;
      item.step = "in flight";
      if (item.id === null) {
        this.#nextId++;
        item.id = id;
        this.#change(item);
      }
      if (isSameRun) {
        run.id = id;
        run.bodies.push(body);
      } else runs.push({ id, to, bodies: [body] });
    }
    this.#sentAt = monotonicMs();
    if (runs.length > 0) this.#burst *= 2;
    return textOf(runs);
  }

  /** The drafts that have changed since the last call: to be stored before the next text is sent. */
  takeChanges(): Draft[] {
    const drafts: Draft[] = [];
    for (const item of this.#changed) {
      if (item.isChanged) drafts.push(draftOf(item));
      item.isChanged = false;
    }
    this.#changed = [];
    return drafts;
  }

  /** The log shows a message of this device: the mailbox took it, though the answer may still wait for the receiver. */
  matchCarbon(run: Frame<"message">, back: number): boolean {
    const id = (run.id ?? 0) - back;
    const seq = run.seq - back;
    const item = this.#items.find(hasId, id);
    // A mailbox that has forgotten this device accepts the ids of old messages again.
    if (item?.peer !== run.to || id <= this.#lastId !== seq <= this.#head) return false;
    // Another installation, copied from this one with its device id, may have used the id for another message.
    const body = bodyOf(run, back);
    if (body !== undefined && JSON.stringify(body) !== JSON.stringify(item.body)) return false;
    // A draft that waits to be sent again still does: it has no answer.
    if (item.step !== "waiting") this.#setStep(item, "in log");
    item.seq = seq;
    this.#change(item);
    return true;
  }

  /** The mailbox has accepted this id. Removes its draft and returns it. */
  settleId(id: number): Draft | null {
    return this.#settle(this.#items.find(hasId, id));
  }

  /**
   * The message with this seq has failed. Removes its draft, where the log had shown it with this seq, and returns it.
   */
  settleSeq(seq: number): Draft | null {
    return this.#settle(this.#items.find(hasSeq, seq));
  }

  /** False if the mailbox expects another id than this device: only another `welcome` can correct that. */
  refuse({ id, code, message, retryAfter, affects }: Frame<"refused">): boolean {
    const item = this.#items.find(hasId, id);
    if (item === undefined) return true;
    // An id that is used permanently, and one that is free.
    const isUsed = id <= this.#lastId;
    const isOutOfOrder = code === "out_of_order";
    const isReused = code === "id_reused";
    if (isUsed ? isOutOfOrder : isReused) return false;
    if (!isUsed && id < this.#nextId) {
      // The ids after a refused one are out of order; the refused one itself never is.
      this.#nextId = id;
      this.#isShifted = isOutOfOrder;
    }
    this.#setStep(item, "waiting");
    // A used id stays with its message, unless it was used for another one.
    if (!isUsed || isReused) item.id = item.seq = null;
    this.#change(item);
    if (isOutOfOrder || isReused) {
      // Another number is all that it needs.
    } else if (retryAfter !== undefined) {
      this.#burst = 1;
      const isOfReceiver = affects === "receiver" || (code === "rate_limited" && retryAfter > LONG_PAUSE_MS);
      const until = Date.now() + retryAfter;
      if (isOfReceiver) item.until = until;
      this.#pauses.begin(isOfReceiver ? item.peer : ALL, until);
    } else this.#fail(item, { code, message });
    return !this.#isShifted || this.#inFlight > 0;
  }

  discard(key: string): void {
    if (this.#settle(this.#items.get(key)) === null) this.#events.settled(key);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.connectionLost();
    this.#pauses.stop();
  }

  /** Whether the receiver of this message is held. The message says until when, also after a restart. */
  #stepsAside(item: Item): boolean {
    const until = this.#pauses.until(item.peer);
    if (until !== item.until) {
      item.until = until;
      this.#change(item);
    }
    return until !== undefined;
  }

  #settle(item: Item | undefined): Draft | null {
    if (item === undefined) return null;
    this.#setStep(item, "in log");
    item.isChanged = false;
    this.#items.take(item.key);
    this.#events.settled(item.key);
    return item;
  }

  #fail(item: Item, why: Why): void {
    item.failed = why;
    this.#items.take(item.key);
    this.#change(item);
  }

  #setStep(item: Item, step: Step): void {
    if (item.step === "in flight") {
      this.#inFlight--;
      // The first answer shows that the whole text has arrived. The others may wait for a receiver.
      if (this.#bytesInFlight > FIRST_TEXT_BYTES / 2)
        this.#carriedBytes = (this.#bytesInFlight * TEXT_MS) / Math.max(1, monotonicMs() - this.#sentAt);
      this.#bytesInFlight = 0;
    }
    item.step = step;
  }

  #change(item: Item): void {
    if (!item.isChanged) this.#changed.push(item);
    item.isChanged = true;
  }
}
