// What the entry points of the SDK export, with their comments: API Extractor reads the types of the package. It has a
// TypeScript compiler of its own, because the native one has no interface for tools yet (2026-11).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { ENTRIES, typesOf } from "../package.mjs";

const ROOT = resolve(import.meta.dirname, "../..");

/** The part of API Extractor's model that the pages show. */
interface Item {
  readonly kind: string;
  readonly name?: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly { readonly kind: "Content" | "Reference"; readonly text: string }[];
  readonly members?: readonly Item[];
}

/** A member of a class or an interface. */
export interface Member {
  readonly name: string;
  readonly isMethod: boolean;
  readonly comment: string;
  readonly code: string;
}

/** An exported name. Overloads of a function are one. */
export interface Export {
  readonly name: string;
  readonly isFunction: boolean;
  readonly comment: string;
  /** Declarations, without the members of a class or an interface. */
  readonly heads: readonly string[];
  /** Null where it has none by its kind. */
  readonly members: readonly Member[] | null;
  /** Names that it refers to. */
  readonly refersTo: readonly string[];
}

/** An entry point. `specifier`: as `import` names it. */
export interface Entry {
  readonly name: string;
  readonly specifier: string;
  readonly exports: readonly Export[];
}

/** The entry points, each with its exports in the order of their declarations. Throws where types can't be read. */
export async function readEntries(): Promise<Entry[]> {
  const types = await typesOf(ENTRIES);
  if (types.errors !== "") throw new Error(types.errors);
  const folder = mkdtempSync(join(tmpdir(), "restante-reference-"));
  try {
    for (const [name, text] of types.files) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "restante", version: "0.0.0", type: "module" }));
    // Types of React and Node.js are found from here, as from a project that has them.
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "model"));
    const names = ENTRIES.map(({ name }) => name);
    const models = extract(folder, names);
    return names.map((name) => entryOf(name, models(name), readFileSync(join(folder, `${name}.d.ts`), "utf8")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One program for all entry points: it is most of the time. */
function extract(folder: string, names: readonly string[]): (name: string) => Item {
  const configs = new Map(names.map((name) => [name, configOf(folder, name, names)]));
  const [first] = configs.values();
  if (first === undefined) throw new Error("There are no entry points.");
  const files = names.map((name) => join(folder, `${name}.d.ts`));
  const compilerState = CompilerState.create(first, { additionalEntryPoints: files });
  return (name) => {
    const config = configs.get(name) ?? first;
    const { succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        // Its rules are for other conventions. What a page needs, its test holds.
        message.handled = message.category !== "Compiler";
      },
    });
    if (!succeeded) throw new Error(`The types of ${name} can't be read.`);
    return JSON.parse(readFileSync(config.apiJsonFilePath, "utf8")) as Item;
  };
}

function configOf(folder: string, name: string, names: readonly string[]): ExtractorConfig {
  const compilerOptions = {
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    target: "ES2024",
    module: "NodeNext",
    strict: true,
    skipLibCheck: true,
    types: [],
  };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, `${name}.d.ts`),
      compiler: { overrideTsconfig: { compilerOptions, files: names.map((other) => `${other}.d.ts`) } },
      apiReport: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath: join(folder, "model", `${name}.json`) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
  });
}

/** `types`: the declarations, in whose order the exports and members are. The model has them by name. */
function entryOf(name: string, model: Item, types: string): Entry {
  const items = (model.members?.[0]?.members ?? []).toSorted(
    (a, b) => types.indexOf(textOf(a)) - types.indexOf(textOf(b)),
  );
  const byName = Map.groupBy(items, (item) => item.name ?? "");
  const values = /^export \{([^}]*)\};$/m.exec(types)?.[1]?.split(/[\s,]+/) ?? [];
  const exports = [...byName].flatMap(([exported, declared]) => {
    const isValue = values.includes(exported);
    // A constant that is exported as a type alone serves `typeof` in another type.
    const isHidden = declared[0]?.kind === "Variable" && !isValue;
    return isHidden ? [] : [exportOf(exported, declared, types, isValue)];
  });
  return { name, specifier: name === "restante" ? name : `restante/${name}`, exports };
}

/** `isValue`: a class that is exported as a type alone can't be constructed. */
function exportOf(name: string, items: readonly Item[], types: string, isValue: boolean): Export {
  const [{ kind }] = items as [Item];
  const inside = items.flatMap((item) => {
    const start = types.indexOf(textOf(item));
    const position = (member: Item) => types.indexOf(textOf(member), start);
    return (item.members ?? []).toSorted((a, b) => position(a) - position(b));
  });
  const members = inside.filter((member) => isValue || member.kind !== "Constructor");
  const tokens = [...items, ...members].flatMap((item) => item.excerptTokens ?? []);
  return {
    name,
    isFunction: kind === "Function",
    comment: items
      .map((item) => commentOf(item))
      .join("\n\n")
      .trim(),
    heads: items.map((item) => headOf(item)),
    members: kind === "Class" || kind === "Interface" ? members.map(memberOf) : null,
    refersTo: [...new Set(tokens.filter((token) => token.kind === "Reference").map((token) => token.text))],
  };
}

function memberOf(item: Item): Member {
  // The model says of each constructor that it constructs a new instance.
  const comment = item.kind === "Constructor" ? "" : commentOf(item);
  const isMethod = item.kind === "Method" || item.kind === "MethodSignature";
  return { name: item.name ?? item.kind, isMethod, comment, code: onOneLine(textOf(item)) };
}

/** On one line: the formatter breaks what is too long, and leaves alone what is broken. */
function headOf(item: Item): string {
  const text = onOneLine(textOf(item).replace(/^(export )?(declare )?/, ""));
  return item.kind === "Variable" ? `const ${text};` : text;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}

function textOf(item: Item): string {
  return (item.excerptTokens ?? [])
    .map(({ text }) => text)
    .join("")
    .trim();
}

/** The text of a comment, without its frame and without the escapes of TSDoc. */
function commentOf({ docComment = "" }: Item): string {
  return docComment
    .replace(/^\/\*\*|\*\/\s*$/g, "")
    .replace(/^\s*\* ?/gm, "")
    .replace(/\\([{}@<>])/g, "$1")
    .trim();
}
