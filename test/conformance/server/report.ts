// The result of a run: what holds, what is broken, and what was left out and why.
export interface CaseResult {
  /** The sentence of the case; it begins with its rules. */
  readonly title: string;
  readonly rules: readonly string[];
  readonly verdict: "holds" | "broken" | "left out";
  /** Why it is broken or was left out. */
  readonly why?: string;
  readonly ms: number;
}

export interface Report {
  readonly results: readonly CaseResult[];
}
