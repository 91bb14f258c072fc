// Verifies the checker before it is used: it accepts the recorded histories, and finds each fault that is planted into
// them, at ten places each.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Random } from "../chaos/random.ts";
import { check } from "./checker.ts";
import { type History, parse } from "./history.ts";
import { PLANTED } from "./planted.ts";

const RECORDED = join(import.meta.dirname, "recorded");
/** How often each fault is planted into each history, at random places. */
const PLANTS_PER_HISTORY = 10;

/** The recorded histories, by file name. */
export function recordedHistories(): Map<string, History> {
  const names = readdirSync(RECORDED).filter((name) => name.endsWith(".jsonl.gz"));
  return new Map(names.map((name) => [name, parse(gunzipSync(readFileSync(join(RECORDED, name))).toString())]));
}

/**
 * The checker's complaints about a history with the fault planted, one list for each place; empty if the fault does not
 * fit the history.
 */
export function complaintsAbout(history: History, { needsRestore, plant }: (typeof PLANTED)[number]): string[][] {
  if (needsRestore && history.restores.length === 0) return [];
  return Array.from({ length: PLANTS_PER_HISTORY }, (_, seed) => check(plant(history, new Random(seed))));
}

/** Throws if the checker fails; returns the number of planted faults. */
export function verifyChecker(): number {
  for (const [name, history] of recordedHistories()) {
    const wrong = check(history);
    if (wrong.length > 0)
      throw new Error(`the recorded history ${name} is correct, but the checker reports: ${wrong[0]}`);
    for (const fault of PLANTED) {
      for (const complaints of complaintsAbout(history, fault)) {
        if (complaints.some((sentence) => fault.complaint.test(sentence))) continue;
        throw new Error(
          `"${fault.name}" was planted into ${name}, and the checker did not find it: ${complaints[0] ?? "no complaint"}`,
        );
      }
    }
  }
  return PLANTED.length;
}
