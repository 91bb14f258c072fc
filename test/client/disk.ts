// A disk for the SDK, in memory: it outlives the clients that write to it, has slow writes, and can fail during a
// write.
import { memoryStore } from "../../src/client/memory.ts";
import type { Commit, Kept, Piece, Position, Store } from "../../src/client/store.ts";

export class Disk {
  readonly #kept = memoryStore();
  /** The cursor that is on it. */
  cursor = 0;

  /** A store on this disk. `pause` is awaited before and after each write. */
  store(pause: () => Promise<void>): MountedStore {
    return new MountedStore(this, this.#kept, pause);
  }
}

export class MountedStore implements Store {
  readonly lasting = true;
  readonly #disk: Disk;
  readonly #kept: Store;
  readonly #pause: () => Promise<void>;
  /** The process has ended: no write reaches the disk any more, and none returns. */
  gone = false;
  /** Every write fails, as on a disk that is full. */
  full = false;

  constructor(disk: Disk, kept: Store, pause: () => Promise<void>) {
    this.#disk = disk;
    this.#kept = kept;
    this.#pause = pause;
  }

  async open(name: string, first: Position): Promise<Kept> {
    // A copy: changes that a client makes to its records are not on the disk.
    return structuredClone(await this.#kept.open(name, first));
  }

  async write(commit: Commit): Promise<void> {
    await this.#pause();
    if (this.full) throw new Error("the disk is full");
    if (!this.gone) {
      this.#disk.cursor = commit.position?.cursor ?? this.#disk.cursor;
      await this.#kept.write(structuredClone(commit));
    }
    await this.#pause();
    if (this.gone) await new Promise<never>(() => undefined);
  }

  async piece(peer: string, before: number, limit: number): Promise<Piece> {
    return this.#kept.piece(peer, before, limit);
  }

  async close(): Promise<void> {}
}
