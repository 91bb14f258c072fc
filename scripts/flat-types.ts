// The types of an entry point as one text that names no file of this repository: what it exports, and what that refers
// to. It reads the declarations that the compiler wrote, so it relies on their form: a statement, or the comment above
// it, begins at the first column.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A name in a file, or in a package. */
type Place = readonly [file: string, name: string];

interface Declarations {
  /** Texts by name; overloads and merged interfaces have several. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  /** Where an imported name comes from, and its name there. */
  readonly imported: ReadonlyMap<string, Place>;
  /** The same of names that are imported from packages. */
  readonly packages: ReadonlyMap<string, Place>;
  /** Names that the file exports from others. */
  readonly exported: ReadonlyMap<string, { readonly place: Place; readonly isType: boolean }>;
  /** Files of which it exports everything. */
  readonly all: readonly { readonly file: string; readonly isType: boolean }[];
}

/** An exported name, where it is declared, and whether it is exported as a type alone. */
interface Export {
  readonly name: string;
  readonly place: Place;
  readonly isType: boolean;
}

const STATEMENT = /^(?=\/\*\*|import |export |declare |interface |type |class )/m;
const COMMENT = /\/\*\*[\s\S]*?\*\/\n?/g;
const OWN =
  /^(?:export )?(?:declare )?(?:abstract )?(?<kind>interface|type|class|function|const|let|enum) (?<name>[\w$]+)/;
const NAMES = /^(?<what>import|export) (?<isType>type )?\{(?<names>[^}]*)\} from "(?<target>[^"]+)"/;
const EVERYTHING = /^export (?<isType>type )?\* from "(?<target>[^"]+)"/;
/** A type of another file, in place: `import("./x.ts").X`. */
const IN_PLACE = /import\("(\.[^"]+)"\)\.([\w$]+)/g;

const cache = new Map<string, Declarations>();

function read(file: string): Declarations {
  const before = cache.get(file);
  if (before !== undefined) return before;
  const own = new Map<string, string[]>();
  const imported = new Map<string, Place>();
  const packages = new Map<string, Place>();
  const exported = new Map<string, { place: Place; isType: boolean }>();
  const all: { file: string; isType: boolean }[] = [];
  const from = (target: string) => resolve(dirname(file), target.replace(/\.tsx?$/, ".d.ts"));
  for (const [comment, statement] of statementsOf(readFileSync(file, "utf8"))) {
    const { what, isType, names = "", target = "" } = NAMES.exec(statement)?.groups ?? {};
    const everything = EVERYTHING.exec(statement)?.groups;
    const { name } = OWN.exec(statement)?.groups ?? {};
    for (const listed of what === undefined ? [] : names.split(",").filter((text) => text.trim() !== "")) {
      const [there = "", here = there] = listed
        .trim()
        .replace(/^type /, "")
        .split(" as ");
      const place: Place = [target.startsWith(".") ? from(target) : target, there];
      if (what === "export") exported.set(here, { place, isType: isType !== undefined || / ?type /.test(listed) });
      else (target.startsWith(".") ? imported : packages).set(here, place);
    }
    if (everything !== undefined) {
      all.push({ file: from(everything["target"] ?? ""), isType: everything["isType"] !== undefined });
    } else if (name !== undefined) {
      const text = statement.replace(IN_PLACE, (_, place: string, there: string) => {
        imported.set(there, [from(place), there]);
        return there;
      });
      own.set(name, [...(own.get(name) ?? []), `${comment}${text.trim()}`]);
    }
  }
  const found = { own, imported, packages, exported, all };
  cache.set(file, found);
  return found;
}

/** Each statement with the comment above it, or an empty text. */
function statementsOf(text: string): [comment: string, statement: string][] {
  const statements: [string, string][] = [];
  let comment = "";
  for (const part of text.split(STATEMENT)) {
    if (!part.startsWith("/**")) statements.push([comment, part]);
    comment = part.startsWith("/**") ? part : "";
  }
  return statements;
}

/** Where a name that a file declares, imports or exports is declared. */
function declared(file: string, name: string): Place | null {
  const { own, imported, exported, all } = read(file);
  if (own.has(name)) return [file, name];
  const next = imported.get(name) ?? exported.get(name)?.place;
  if (next !== undefined) return declared(...next);
  return all.map((other) => declared(other.file, name)).find((found) => found !== null) ?? null;
}

function exportsOf(file: string): Export[] {
  const { own, exported, all } = read(file);
  const here = [...own].filter(([, texts]) => texts.some((text) => code(text).startsWith("export ")));
  return [
    ...here.map(([name]): Export => ({ name, place: [file, name], isType: false })),
    ...[...exported].flatMap(([name, { isType }]) => {
      const place = declared(file, name);
      return place === null ? [] : [{ name, place, isType }];
    }),
    ...all.flatMap((other) => exportsOf(other.file).map((one) => ({ ...one, isType: one.isType || other.isType }))),
  ];
}

function textsOf([file, name]: Place): readonly string[] {
  return read(file).own.get(name) ?? [];
}

/** Without its comments. */
function code(text: string): string {
  return text.replace(COMMENT, "");
}

/** These places and all that they refer to, without what `isOutside` holds of. */
function reachedFrom(roots: readonly Place[], isOutside: (place: Place) => boolean = () => false): Place[] {
  const reached = new Map<string, Place>();
  const open: (Place | null)[] = [...roots];
  // What is pushed while it is walked is walked, too.
  for (const place of open) {
    if (place === null || reached.has(String(place)) || isOutside(place)) continue;
    reached.set(String(place), place);
    for (const text of textsOf(place)) for (const word of wordsOf(text)) open.push(declared(place[0], word));
  }
  return [...reached.values()];
}

function wordsOf(text: string): string[] {
  return [...code(text).matchAll(/[\w$]+/g)].map(([word]) => word);
}

/**
 * Two parts, each sorted by name: what `entry` exports, and what that refers to. `entry`: a `.d.ts` without comments.
 */
export function publicTypes(entry: string): string {
  const roots = exportsOf(entry).map(({ place }) => place);
  const isRoot = new Set(roots.map(String));
  const part = (isExported: boolean) =>
    reachedFrom(roots)
      .filter((place) => isRoot.has(String(place)) === isExported)
      .flatMap((place) => textsOf(place).map((text) => [place[1], withoutModifiers(text)] as const))
      .toSorted(([a, x], [b, y]) => (a === b ? x.localeCompare(y, "en") : a < b ? -1 : 1))
      .map(([, text]) => `${text}\n`)
      .join("\n");
  return `// Exported.\n\n${part(true)}\n// Not exported, and part of what is.\n\n${part(false)}`;
}

function withoutModifiers(text: string): string {
  return text.replace(/^(export )?(declare )?/, "");
}

/** The module whose types others import, and the file of its declarations. */
interface Core {
  readonly specifier: string;
  readonly entry: string;
}

/**
 * The declarations of `entry` as one module. What `core` exports is imported from it. Throws where two declarations
 * would have one name.
 */
export function flatTypes(entry: string, core?: Core): string {
  const exports = exportsOf(entry);
  const outside = new Map((core === undefined ? [] : exportsOf(core.entry)).map((one) => [String(one.place), one]));
  const isOutside = (place: Place) => outside.has(String(place));
  const places = reachedFrom(
    exports.map(({ place }) => place),
    isOutside,
  );
  checkNames(places);
  const parts = places.flatMap((place) => textsOf(place).map((text) => declaration(text)));
  const imports = [...importsOfPackages(places), ...importsOfCore(places, outside, core)];
  const values = exports.filter(({ place, isType }) => !isType && isValue(place)).map(exportedAs);
  const types = exports.filter(({ place, isType }) => isType || !isValue(place)).map(exportedAs);
  const lists = [
    `export { ${values.toSorted().join(", ")} };`,
    ...(types.length > 0 ? [`export type { ${[...new Set(types)].toSorted().join(", ")} };`] : []),
  ];
  return [imports.join("\n"), ...parts, lists.join("\n")].filter((part) => part !== "").join("\n\n") + "\n";
}

function exportedAs({ name, place: [, there] }: Export): string {
  return name === there ? name : `${there} as ${name}`;
}

function isValue(place: Place): boolean {
  return textsOf(place).some((text) => !["interface", "type"].includes(OWN.exec(code(text))?.groups?.["kind"] ?? ""));
}

/** In a module that lists its exports at the end. */
function declaration(text: string): string {
  const [comment = ""] = /^\/\*\*[\s\S]*?\*\/\n/.exec(text) ?? [];
  const rest = withoutModifiers(text.slice(comment.length));
  return `${comment}${/^(interface|type) /.test(rest) ? "" : "declare "}${rest}`;
}

function checkNames(places: readonly Place[]): void {
  const files = new Map<string, string>();
  for (const [file, name] of places) {
    const other = files.get(name);
    if (other !== undefined)
      throw new Error(`Two public types are called ${name}, in ${other} and ${file}: rename one.`);
    files.set(name, file);
    for (const [here, place] of read(file).imported) {
      if (here !== place[1]) throw new Error(`${file} imports ${place[1]} as ${here}: import it under its own name.`);
    }
  }
}

function importsOfPackages(places: readonly Place[]): string[] {
  const names = new Map<string, Set<string>>();
  for (const place of places) {
    const words = new Set(textsOf(place).flatMap(wordsOf));
    for (const [here, [target, there]] of read(place[0]).packages) {
      if (!words.has(here)) continue;
      names.set(target, (names.get(target) ?? new Set()).add(here === there ? here : `${there} as ${here}`));
    }
  }
  return [...names]
    .toSorted()
    .map(([target, all]) => `import type { ${[...all].toSorted().join(", ")} } from "${target}";`);
}

function importsOfCore(places: readonly Place[], outside: ReadonlyMap<string, Export>, core?: Core): string[] {
  const names = new Set<string>();
  for (const place of places) {
    for (const word of textsOf(place).flatMap(wordsOf)) {
      const found = outside.get(String(declared(place[0], word)));
      if (found !== undefined) names.add(found.name);
    }
  }
  return names.size === 0 ? [] : [`import type { ${[...names].toSorted().join(", ")} } from "${core?.specifier}";`];
}
