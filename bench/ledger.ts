// The books of one pair: what was sent, what its receiver has, what its sender knows of. A message counts when both are true.
// Holds the peer to its word: each message once, in the order of its sender, confirmed once, and none missing at the end.

export class Ledger {
  sent = 0;
  /** Messages that the receiver has and the sender knows of. */
  settled = 0;
  /** Milliseconds of every message since `reset`. */
  readonly receivedAfter: number[] = [];
  readonly confirmedAfter: number[] = [];
  readonly #open = new Map<number, { readonly start: number; received: number | null; confirmed: boolean }>();
  #last = 0;

  get inFlight(): number {
    return this.#open.size;
  }

  /** Writes down the next `count` messages; returns the number of the first. */
  begin(count: number, start: number): number {
    const first = this.sent + 1;
    for (let k = 0; k < count; k++) this.#open.set(++this.sent, { start, received: null, confirmed: false });
    return first;
  }

  received(n: number): void {
    if (n !== this.#last + 1) throw new Error(`message ${n} came after ${this.#last}`);
    this.#last = n;
    const message = this.#open.get(n);
    if (message === undefined) throw new Error(`message ${n} came and was never sent`);
    message.received = performance.now();
    this.#settle(n);
  }

  confirmed(n: number): void {
    const message = this.#open.get(n);
    if (message === undefined || message.confirmed) throw new Error(`message ${n} was confirmed twice, or never sent`);
    message.confirmed = true;
    this.#settle(n);
  }

  reset(): void {
    this.receivedAfter.length = 0;
    this.confirmedAfter.length = 0;
  }

  /** Throws if anything that was sent is not settled. */
  close(): void {
    if (this.settled === this.sent && this.#last === this.sent) return;
    throw new Error(`${this.sent} sent, ${this.#last} received, ${this.settled} received and confirmed`);
  }

  #settle(n: number): void {
    const message = this.#open.get(n);
    if (message?.received == null || !message.confirmed) return;
    this.#open.delete(n);
    this.settled++;
    this.receivedAfter.push(message.received - message.start);
    this.confirmedAfter.push(performance.now() - message.start);
  }
}
