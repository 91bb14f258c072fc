// What an application writes in one task, as one commit. It knows no store.
import { type Commit, NONE } from "./store.ts";

/** The fields of a commit that an application writes. */
type Written = Pick<Commit, "taken"> & Required<Pick<Commit, "drafts" | "settled" | "failures" | "reads">>;

export class WriteBuffer {
  #commits: Commit[] = [];

  add(commit: Commit): void {
    this.#commits.push(commit);
  }

  /** Everything since the last call. */
  take(): Written {
    const all = this.#commits;
    this.#commits = [];
    return {
      drafts: all.flatMap(({ drafts = NONE }) => drafts),
      settled: all.flatMap(({ settled = NONE }) => settled),
      failures: all.flatMap(({ failures = NONE }) => failures),
      reads: all.flatMap(({ reads = NONE }) => reads),
      taken: all.findLast(({ taken }) => taken !== undefined)?.taken,
    };
  }
}
