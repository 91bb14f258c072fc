// Which seq is acknowledged, and when: what the store has and the application has taken. An ack that an author waits for
// goes at once, any other one with the next text or a little later. It knows no frame but its own.
import type { Welcome } from "../protocol/down.ts";
import type { Timer } from "./clock.ts";
import type { Connection } from "./connection.ts";

/**
 * Ms that an ack may wait for a text that takes it along; and ms between two acks while the application is still taking
 * what was shown.
 */
const ACK_DELAY_MS = 200;

/**
 * The share of what may be unacknowledged that an ack may wait for. Answers: a mailbox that sends nothing more before
 * it has the ack.
 */
const MAX_SHARE = 1 / 4;

/** A text of fewer UTF-16 units than this share of its limit in bytes takes an ack along: a unit is at most 3 bytes. */
const SHORT_SHARE = 1 / 4;

export class AckPolicy {
  readonly #connection: Connection;
  readonly #takenUpTo: () => number;
  /** The seq up to which the store has everything, and the one that was acknowledged. */
  #storedUpTo: number;
  #ackedUpTo = 0;
  /** The seq that the present attempt to connect acknowledges. */
  #connectedUpTo = 0;
  /** The highest seq of which somebody else is to learn that it was delivered. */
  #awaitedUpTo = 0;
  /** The share of what may be unacknowledged that came since the last ack, about: entries, and UTF-16 units for bytes. */
  #share = 0;
  #limits: Welcome["limits"] | null = null;
  #timer: Timer | undefined;

  constructor(connection: Connection, storedUpTo: number, takenUpTo: () => number) {
    this.#connection = connection;
    this.#storedUpTo = storedUpTo;
    this.#takenUpTo = takenUpTo;
  }

  /** The seq that can be acknowledged now. */
  get seq(): number {
    return Math.min(this.#storedUpTo, this.#takenUpTo());
  }

  /** The cursor of an attempt to connect, which acknowledges it. By its welcome more may be acknowledged. */
  connect(): number {
    this.#connectedUpTo = this.seq;
    return this.#connectedUpTo;
  }

  /** A connection begins. */
  begin(limits: Welcome["limits"], isSameEpoch: boolean): void {
    this.#limits = limits;
    if (!isSameEpoch) this.#storedUpTo = this.#connectedUpTo = 0;
    this.#acked(this.#connectedUpTo);
    this.#awaitedUpTo = 0;
  }

  /** A log frame of `count` entries has arrived. `isAwaited`: an author waits for the ack. */
  received(seq: number, count: number, isAwaited: boolean): void {
    this.#share += count / (this.#limits?.window ?? 1);
    if (isAwaited) this.#awaitedUpTo = seq;
  }

  /** A text has arrived. */
  receivedText(units: number): void {
    this.#share += units / (this.#limits?.windowBytes ?? 1);
  }

  /** The store has everything up to the cursor of a commit. */
  setStored(cursor: number | null): void {
    this.#storedUpTo = cursor ?? this.#storedUpTo;
  }

  /** Sends an ack of everything that can be acknowledged, if it can't wait; otherwise a timer will. */
  send(): void {
    if (!this.#hasAck) return;
    if (this.#canWait) this.#wait();
    else this.#sendNow();
  }

  /** Sends a text, and with it the ack that waits, if both fit. */
  sendWith(text: string): void {
    const { frames = 0, textBytes = 0 } = this.#limits ?? {};
    const takesAck = this.#hasAck && frames > 1 && text.length < textBytes * SHORT_SHARE;
    this.#connection.send(takesAck ? `[${this.#take()},${text[0] === "[" ? text.slice(1) : `${text}]`}` : text);
  }

  /** Sends an ack of everything that can be acknowledged; no other follows. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#hasAck) this.#connection.send(this.#take());
  }

  get #hasAck(): boolean {
    return this.#connection.state.is === "open" && this.seq > this.#ackedUpTo;
  }

  /** Nobody waits for it, or the application takes messages one after the other, and an ack was just sent. */
  get #canWait(): boolean {
    if (this.#share >= MAX_SHARE) return false;
    return this.#awaitedUpTo <= this.#ackedUpTo || (this.#timer !== undefined && this.seq < this.#storedUpTo);
  }

  #sendNow(): void {
    this.#connection.send(this.#take());
    if (this.seq < this.#storedUpTo) this.#wait();
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasAck) this.#sendNow();
    }, ACK_DELAY_MS);
  }

  /** The frame of the ack, which counts as sent. */
  #take(): string {
    this.#acked(this.seq);
    return `{"type":"ack","seq":${this.#ackedUpTo}}`;
  }

  #acked(seq: number): void {
    this.#ackedUpTo = seq;
    this.#share = 0;
  }
}
