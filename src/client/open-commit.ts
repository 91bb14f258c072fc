// A commit that still takes changes. It knows records, and the rows that may be changed in place.
import type { MutableRow } from "./rows.ts";
import type { Commit, Entry, Read, Removed } from "./store.ts";

export interface OpenCommit {
  hasChanged: boolean;
  readonly rows: Set<string>;
  /** Rows of this commit that may still be changed in place. */
  readonly mutableRows: Map<string, MutableRow>;
  readonly records: {
    readonly entries: Entry[];
    readonly removed: Removed[];
    readonly failures: Required<Commit>["failures"][number][];
    readonly settled: string[];
    readonly unnumbered: Required<Commit>["unnumbered"][number][];
    readonly reads: Read[];
    readonly told: string[];
    taken?: number;
  };
}

export function emptyCommit(): OpenCommit {
  const records: OpenCommit["records"] = {
    entries: [],
    removed: [],
    failures: [],
    settled: [],
    unnumbered: [],
    reads: [],
    told: [],
  };
  return { hasChanged: false, rows: new Set(), mutableRows: new Map(), records };
}
