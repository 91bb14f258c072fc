// The types of a package as one text that names no file: what its entry point exports, and what that refers to. It reads the declarations
// that the compiler wrote, so it relies on their form: a statement begins at the first column.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

interface Declarations {
  /** Texts by name; overloads and merged interfaces have several. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  /** Where an imported name comes from, and its name there. */
  readonly imported: ReadonlyMap<string, readonly [file: string, name: string]>;
  /** Names that the file exports from others, and files of which it exports everything. */
  readonly exported: ReadonlyMap<string, readonly [file: string, name: string]>;
  readonly all: readonly string[];
}

const STATEMENT = /^(?=import |export |declare |interface |type |class )/m;
const OWN = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const|let|enum) ([\w$]+)/;
const NAMES = /^(import|export) (?:type )?\{([^}]*)\} from "([^"]+)"/;
const EVERYTHING = /^export (?:type )?\* from "([^"]+)"/;
/** A type of another file, in place: `import("./x.ts").X`. */
const IN_PLACE = /import\("(\.[^"]+)"\)\.([\w$]+)/g;

const cache = new Map<string, Declarations>();

function read(file: string): Declarations {
  const before = cache.get(file);
  if (before !== undefined) return before;
  const own = new Map<string, string[]>();
  const imported = new Map<string, [string, string]>();
  const exported = new Map<string, [string, string]>();
  const all: string[] = [];
  const from = (target: string) => resolve(dirname(file), target.replace(/\.tsx?$/, ".d.ts"));
  for (const statement of readFileSync(file, "utf8").split(STATEMENT)) {
    const [, what, names = "", target = ""] = NAMES.exec(statement) ?? [];
    const [, star] = EVERYTHING.exec(statement) ?? [];
    const [, name] = OWN.exec(statement) ?? [];
    if (what !== undefined && target.startsWith(".")) {
      for (const one of names.split(",").map((text) => text.trim().replace(/^type /, ""))) {
        const [there = "", here = there] = one.split(" as ");
        (what === "import" ? imported : exported).set(here, [from(target), there]);
      }
    } else if (star !== undefined) all.push(from(star));
    else if (name !== undefined) {
      const text = statement.replace(IN_PLACE, (_, place: string, there: string) => {
        imported.set(there, [from(place), there]);
        return there;
      });
      own.set(name, [...(own.get(name) ?? []), text.trim()]);
    }
  }
  const found = { own, imported, exported, all };
  cache.set(file, found);
  return found;
}

/** Where a name that a file declares, imports or exports is declared. */
function declared(file: string, name: string): readonly [file: string, name: string] | null {
  const { own, imported, exported, all } = read(file);
  if (own.has(name)) return [file, name];
  const next = imported.get(name) ?? exported.get(name);
  if (next !== undefined) return declared(...next);
  return all.map((other) => declared(other, name)).find((found) => found !== null) ?? null;
}

function exportsOf(file: string): string[] {
  const { own, exported, all } = read(file);
  const here = [...own].filter(([, texts]) => texts.some((text) => text.startsWith("export "))).map(([name]) => name);
  return [...here, ...exported.keys(), ...all.flatMap(exportsOf)];
}

/** Two parts, each sorted by name: what `entry` exports, and what that refers to. `entry`: a `.d.ts` without comments. */
export function publicTypes(entry: string): string {
  const names = exportsOf(entry);
  const reached = new Map<string, readonly [file: string, name: string]>();
  const open = names.map((name) => declared(entry, name));
  const roots = new Set(open.map(String));
  // What is pushed while it is walked is walked, too.
  for (const found of open) {
    if (found === null || reached.has(String(found))) continue;
    reached.set(String(found), found);
    const [file, name] = found;
    for (const text of read(file).own.get(name) ?? []) {
      for (const [word] of text.matchAll(/[\w$]+/g)) open.push(declared(file, word));
    }
  }
  const part = (isExported: boolean) =>
    [...reached]
      .filter(([key]) => roots.has(key) === isExported)
      .flatMap(([, [file, name]]) => (read(file).own.get(name) ?? []).map((text) => [name, text] as const))
      .map(([name, text]) => [name, text.replace(/^(export )?(declare )?/, "")] as const)
      .toSorted(([a, x], [b, y]) => (a === b ? x.localeCompare(y, "en") : a < b ? -1 : 1))
      .map(([, text]) => `${text}\n`)
      .join("\n");
  return `// Exported.\n\n${part(true)}\n// Not exported, and part of what is.\n\n${part(false)}`;
}
