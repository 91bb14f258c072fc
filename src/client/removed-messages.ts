// Which messages the user has removed, as far as this client knows: nothing that comes late brings them back. It knows
// records; no frame.
import { RecentKeys } from "./recent-keys.ts";
import type { Removed, Row } from "./store.ts";

export class RemovedMessages {
  readonly #rows: ReadonlyMap<string, Row>;
  /** Seqs of single messages. A row has up to where its whole conversation was removed. */
  #single = new RecentKeys<number>();

  constructor(rows: ReadonlyMap<string, Row>) {
    this.#rows = rows;
  }

  add({ from, upTo }: Removed): void {
    if (from === upTo) this.#single.add(upTo);
  }

  has(peer: string, seq: number): boolean {
    return this.hasAllUpTo(peer, seq) || this.#single.has(seq);
  }

  /** Whether this message was removed with its conversation. The seq 0 is one of an earlier epoch. */
  hasAllUpTo(peer: string, seq: number): boolean {
    return seq > 0 && seq <= (this.#rows.get(peer)?.clearedUpTo ?? 0);
  }

  /** The mailbox counts from the beginning. */
  startOver(): void {
    this.#single = new RecentKeys<number>();
  }
}
