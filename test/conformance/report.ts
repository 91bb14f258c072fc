// What a run prints: a line a case, why one failed, and which rules hold.
import { rulesOf } from "./case.ts";
import type { Outcome } from "./play.ts";

const SIGNS = { passed: "✓", failed: "✗", skipped: "–" } as const;

/** The line of one case, with the reason if it did not pass. `isVerbose`: with all frames of a failed one. */
export function lineOf({ name, is, why, lines, errors, ms }: Outcome, isVerbose: boolean): string {
  const first = `${SIGNS[is]} ${name}  (${(ms / 1_000).toFixed(1)} s)`;
  if (is === "passed") return first;
  if (is === "skipped") return `${first}\n    skipped: ${why}`;
  const all = isVerbose ? ["  all of it:", ...lines.map((line) => `    ${line}`)] : [];
  const stderr =
    errors.trim() === ""
      ? []
      : [
          "  stderr of the client:",
          ...errors
            .trim()
            .split("\n")
            .map((line) => `    ${line}`),
        ];
  return [first, ...why.split("\n").map((line) => `  ${line}`), ...all, ...stderr].join("\n");
}

export interface Rules {
  readonly hold: readonly string[];
  readonly fail: readonly string[];
  readonly untried: readonly string[];
}

/** A rule holds if no case of it failed and one passed. */
export function rulesIn(outcomes: readonly Outcome[]): Rules {
  const states = new Map<string, Outcome["is"]>();
  for (const { name, is } of outcomes) {
    for (const rule of rulesOf(name)) {
      const before = states.get(rule);
      if (before === undefined || is === "failed" || (is === "passed" && before === "skipped")) states.set(rule, is);
    }
  }
  const of = (wanted: Outcome["is"]) =>
    [...states].flatMap(([rule, is]) => (is === wanted ? [rule] : [])).sort(byNumber);
  return { hold: of("passed"), fail: of("failed"), untried: of("skipped") };
}

/** The summary. Its last line is the count. */
export function summary(outcomes: readonly Outcome[]): string {
  const { hold, fail, untried } = rulesIn(outcomes);
  const count = (wanted: Outcome["is"]) => outcomes.filter(({ is }) => is === wanted).length;
  return [
    `Rules that hold:      ${hold.join(" ") || "none"}`,
    `Rules that fail:      ${fail.join(" ") || "none"}`,
    `Rules not tried:      ${untried.join(" ") || "none"}`,
    `Cases skipped:        ${count("skipped")}`,
    "",
    `${count("passed")} passed, ${count("failed")} failed`,
  ].join("\n");
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
