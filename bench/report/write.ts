// Puts what was seen where people look: tables between two marks of bench/README.md and of README.md, and the charts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const CHARTS = join(ROOT, "bench/charts");
const MARKS = ["<!-- figures -->\n", "<!-- /figures -->"] as const;

export function writeReport(full: string, brief: string, charts: ReadonlyMap<string, string>): void {
  between(join(ROOT, "bench/README.md"), full);
  between(join(ROOT, "README.md"), brief);
  mkdirSync(CHARTS, { recursive: true });
  for (const [name, text] of charts) writeFileSync(join(CHARTS, name), text);
}

function between(path: string, text: string): void {
  const old = readFileSync(path, "utf8");
  const [from, to] = [old.indexOf(MARKS[0]), old.indexOf(MARKS[1])];
  if (from < 0 || to < from) throw new Error(`${path} lacks ${MARKS.join("")}`);
  writeFileSync(path, `${old.slice(0, from) + MARKS[0]}\n${text}\n${old.slice(to)}`);
}
