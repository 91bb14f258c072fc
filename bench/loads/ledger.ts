// The books of one sender and its receiver: what was sent, what the receiver has, what the sender knows of. A message is settled when
// all of it is true. Holds the peer to its word: each message once, in the order of its sender, confirmed once, none missing.

/** The most that can be in flight. */
const SIZE = 1 << 16;
const HAVE = 1;
const KNOWN = 2;

export class Ledger {
  sent = 0;
  /** Messages that the receiver has and, where the peer confirms, the sender knows of. */
  settled = 0;
  /** Milliseconds of every message since `reset`. */
  readonly receivedAfter: number[] = [];
  readonly confirmedAfter: number[] = [];
  readonly #starts = new Float64Array(SIZE);
  /** Of a message in flight: what of it is still to come. */
  readonly #open = new Uint8Array(SIZE);
  readonly #confirms: boolean;
  readonly #moved: () => void;
  #last = 0;

  /** `moved` is called when a message is settled. */
  constructor(confirms: boolean, moved: () => void = () => undefined) {
    this.#confirms = confirms;
    this.#moved = moved;
  }

  get inFlight(): number {
    return this.sent - this.settled;
  }

  /** Writes down the next `count` messages; returns the number of the first. */
  begin(count: number, start: number): number {
    const first = this.sent + 1;
    for (let k = 0; k < count; k++) {
      const at = ++this.sent % SIZE;
      if (this.#open[at] !== 0) throw new Error(`more than ${SIZE} messages are in flight`);
      this.#open[at] = this.#confirms ? HAVE | KNOWN : HAVE;
      this.#starts[at] = start;
    }
    return first;
  }

  received(n: number): void {
    if (n !== this.#last + 1) throw new Error(`message ${n} came after ${this.#last}`);
    if (n > this.sent) throw new Error(`message ${n} came and was never sent`);
    this.#last = n;
    this.receivedAfter.push(performance.now() - (this.#starts[n % SIZE] ?? 0));
    this.#settle(n, HAVE);
  }

  confirmed(n: number): void {
    if (n > this.sent || ((this.#open[n % SIZE] ?? 0) & KNOWN) === 0) {
      throw new Error(`message ${n} was confirmed twice, or never sent`);
    }
    this.#settle(n, KNOWN);
  }

  reset(): void {
    this.receivedAfter.length = 0;
    this.confirmedAfter.length = 0;
  }

  /** Throws if anything that was sent is not settled. */
  close(): void {
    if (this.settled === this.sent) return;
    throw new Error(`${this.sent} sent, ${this.#last} received, ${this.settled} received and confirmed`);
  }

  #settle(n: number, what: number): void {
    const at = n % SIZE;
    const open = (this.#open[at] ?? 0) & ~what;
    this.#open[at] = open;
    if (open !== 0) return;
    this.settled++;
    this.confirmedAfter.push(performance.now() - (this.#starts[at] ?? 0));
    this.#moved();
  }
}
