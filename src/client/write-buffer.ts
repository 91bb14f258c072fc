// What an application writes in one task, as one commit. It knows no store.
import { type Commit, type Draft, NONE, type Read } from "./store.ts";

/** The fields of a commit that an application writes. */
interface Written extends Commit {
  readonly drafts: Draft[];
  readonly settled: string[];
  readonly failures: Required<Commit>["failures"][number][];
  readonly reads: Read[];
  taken: number | undefined;
}

export class WriteBuffer {
  #written = empty();

  add({ drafts = NONE, settled = NONE, failures = NONE, reads = NONE, taken }: Commit): void {
    this.#written.drafts.push(...drafts);
    this.#written.settled.push(...settled);
    this.#written.failures.push(...failures);
    this.#written.reads.push(...reads);
    this.#written.taken = taken ?? this.#written.taken;
  }

  /** Everything since the last call. */
  take(): Written {
    const all = this.#written;
    this.#written = empty();
    return all;
  }
}

function empty(): Written {
  return { drafts: [], settled: [], failures: [], reads: [], taken: undefined };
}
