// The judge proves itself before it judges: recorded histories are as promised, and each fault that is planted into them is found,
// wherever it is planted.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Random } from "../chaos/random.ts";
import { check } from "./checker.ts";
import { type History, read } from "./history.ts";
import { PLANTED } from "./planted.ts";

const RECORDED = join(import.meta.dirname, "recorded");
/** Places in which each fault is planted, in each history. */
const PLACES = 10;

/** The histories that were recorded, by their names. */
export function recorded(): Map<string, History> {
  const names = readdirSync(RECORDED).filter((name) => name.endsWith(".jsonl.gz"));
  return new Map(names.map((name) => [name, read(gunzipSync(readFileSync(join(RECORDED, name))).toString())]));
}

/** What the judge says of a history with a fault planted in so many places, as pairs of the fault's complaint and the judge's words. */
export function plant(history: History, { setBack, plant }: (typeof PLANTED)[number]): string[][] {
  if (setBack && history.setBack.length === 0) return [];
  return Array.from({ length: PLACES }, (_, seed) => check(plant(history, new Random(seed))));
}

/** Throws if it is not so; how many faults were planted. */
export function prove(): number {
  for (const [name, history] of recorded()) {
    const wrong = check(history);
    if (wrong.length > 0)
      throw new Error(`the recorded history ${name} is as promised, and the judge says: ${wrong[0]}`);
    for (const fault of PLANTED) {
      for (const said of plant(history, fault)) {
        if (said.some((sentence) => fault.complaint.test(sentence))) continue;
        throw new Error(
          `"${fault.name}" was planted into ${name}, and the judge did not see it: ${said[0] ?? "not a word"}`,
        );
      }
    }
  }
  return PLANTED.length;
}
