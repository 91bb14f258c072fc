// Results in a file, so that a long run can be taken in pieces: each piece adds its rounds to what is there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Figures, type Measure, titleOf } from "./measures/measure.ts";

/** By the measures' titles. */
export type Kept = Record<string, Figures[]>;

export function readKept(path: string): Kept {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Kept) : {};
}

export function keep(path: string, results: ReadonlyMap<Measure, readonly Figures[]>): void {
  const kept = Object.fromEntries([...results].map(([measure, all]) => [titleOf(measure), all]));
  writeFileSync(path, `${JSON.stringify({ ...readKept(path), ...kept })}\n`);
}
