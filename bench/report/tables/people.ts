// What a message between people costs, now and, where it was measured, before.
import { BEFORE, SDK } from "../names.ts";
import { loadOf } from "../../measures/measure.ts";
import type { Seen } from "../seen.ts";
import { table } from "../table.ts";
import { fixed } from "../words.ts";

const FIGURES = ["rowsWritten", "calls", "textsIn", "textsOut", "fsyncs", "wakes"] as const;

export function people(seen: Seen): string {
  const loads = [...new Set(seen.rows("people").map(({ measure }) => loadOf(measure.load)))];
  const body = loads.flatMap((load) => {
    // Counted were a thousand.
    const row = (name: string) => {
      return FIGURES.map((figure) => fixed(seen.figure("people", name, load, figure) / 1_000, 2));
    };
    const rows = [[load, "now", ...row(SDK)]];
    if (seen.row("people", BEFORE, load) === undefined) return rows;
    const ratios = FIGURES.map((figure) => fixed(seen.beside("people", SDK, BEFORE, load, figure), 2));
    return [...rows, ["", "before", ...row(BEFORE)], ["", "now / before", ...ratios]];
  });
  const head = ["a message", "", "rows", "calls", "texts in", "texts out", "fsyncs", "wakes"];
  return body.length === 0 ? "" : table(head, body, 2);
}
