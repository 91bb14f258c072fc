// The types of a package as one text that names no file: what its entry point exports, and what that refers to. It reads
// the declarations that the compiler wrote, so it relies on their form: a statement begins at the first column.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const STATEMENT = /^(?=import |export |declare |interface |type |class )/m;
const OWN = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const|let|enum) ([\w$]+)/;
const NAMES = /^(import|export) (?:type )?\{([^}]*)\} from "([^"]+)"/;
const EVERYTHING = /^export (?:type )?\* from "([^"]+)"/;
/** A type of another file, in place: `import("./x.ts").X`. */
const IN_PLACE = /import\("(\.[^"]+)"\)\.([\w$]+)/g;

/** The comment about a statement stands before it, at the end of the statement before. */
const COMMENT = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/;

const cache = new Map();

/**
 * The declarations of a file. `own`: texts by name; overloads and merged interfaces have several. `imported`: where an
 * imported name comes from, and its name there. `exported`, `all`: names that the file exports from others, and files of
 * which it exports everything. `comments`: by text.
 */
function read(file) {
  const before = cache.get(file);
  if (before !== undefined) return before;
  const own = new Map();
  const imported = new Map();
  const exported = new Map();
  const [all, comments] = [[], new Map()];
  let comment = "";
  const from = (target) => resolve(dirname(file), target.replace(/\.tsx?$/, ".d.ts"));
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
      const text = statement.replace(IN_PLACE, (_, place, there) => {
        imported.set(there, [from(place), there]);
        return there;
      });
      const bare = text.replace(COMMENT, "").trim();
      own.set(name, [...(own.get(name) ?? []), bare]);
      comments.set(bare, comment);
    }
    comment = COMMENT.exec(statement)?.[0].trim() ?? "";
  }
  const found = { own, imported, exported, all, comments };
  cache.set(file, found);
  return found;
}

/** Where a name that a file declares, imports or exports is declared. */
function declared(file, name) {
  const { own, imported, exported, all } = read(file);
  if (own.has(name)) return [file, name];
  const next = imported.get(name) ?? exported.get(name);
  if (next !== undefined) return declared(...next);
  return all.map((other) => declared(other, name)).find((found) => found !== null) ?? null;
}

function exportsOf(file) {
  const { own, exported, all } = read(file);
  const here = [...own].filter(([, texts]) => texts.some((text) => text.startsWith("export "))).map(([name]) => name);
  return [...here, ...exported.keys(), ...all.flatMap(exportsOf)];
}

/**
 * What `entry`, a `.d.ts`, exports, and what that refers to: `[name, text, isExported, comment]`, each text without
 * `export` and `declare`, sorted by name.
 */
function reachedFrom(entry) {
  const reached = new Map();
  const open = exportsOf(entry).map((name) => declared(entry, name));
  const roots = new Set(open.map(String));
  // What is pushed while it is walked is walked, too.
  for (const found of open) {
    if (found === null || reached.has(String(found))) continue;
    reached.set(String(found), found);
    const [file, name] = found;
    for (const text of read(file).own.get(name) ?? [])
      for (const [word] of text.matchAll(/[\w$]+/g)) open.push(declared(file, word));
  }
  return [...reached]
    .flatMap(([key, [file, name]]) => {
      const { own, comments } = read(file);
      return (own.get(name) ?? []).map((text) => [name, text, roots.has(key), comments.get(text)]);
    })
    .map(([name, text, ...rest]) => [name, text.replace(/^(export )?(declare )?/, ""), ...rest])
    .toSorted(([a, x], [b, y]) => (a === b ? x.localeCompare(y, "en") : a < b ? -1 : 1));
}

/** Two parts: what `entry` exports, and what that refers to. */
export function publicTypes(entry) {
  const all = reachedFrom(entry);
  const part = (isWanted) =>
    all
      .filter(([, , isExported]) => isExported === isWanted)
      .map(([, text]) => `${text}\n`)
      .join("\n");
  return `// Exported.\n\n${part(true)}\n// Not exported, and part of what is.\n\n${part(false)}`;
}

/** The same as one `.d.ts`. */
export function declarationFile(entry) {
  const texts = reachedFrom(entry).map(([, text, isExported, comment]) => {
    const isValue = /^(abstract )?(class|function|const|let|enum) /.test(text);
    const about = comment === "" ? "" : `${comment}\n`;
    return `${about}${isExported ? "export " : ""}${isValue ? "declare " : ""}${text}\n`;
  });
  return `${texts.join("\n")}\nexport {};\n`;
}
