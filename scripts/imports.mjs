// What a file reaches by its imports: files of this repository, and packages. It reads text and runs nothing; imports
// of types alone don't count, because nothing of them is left at run time.
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const STATEMENT = /^(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/**
 * Absolute paths of the files that this one leads to, itself among them, and the names of packages.
 * @param {string} entry
 * @returns {{ files: Set<string>, packages: Set<string> }}
 */
export function reachedFrom(entry) {
  const files = new Set([resolve(entry)]);
  const packages = new Set();
  // A set gives what is added while it is walked, too.
  for (const file of files) {
    for (const [, one, two, three] of readFileSync(file, "utf8").matchAll(STATEMENT)) {
      const target = one ?? two ?? three ?? "";
      if (!target.startsWith(".")) packages.add(target);
      else if (existsSync(resolve(dirname(file), target))) files.add(resolve(dirname(file), target));
    }
  }
  return { files, packages };
}
