// The pages of docs/reference/, made from the types of the SDK: `npm run docs` writes them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { type Entry, readEntries } from "./read-types.ts";
import { type Group, placesOf, renderPage } from "./render-page.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export const FOLDER = join(ROOT, "docs/reference");

/** What each entry point is for. */
const ABOUT: Readonly<Record<string, string>> = {
  restante: "The client. [SDK.md](../SDK.md) is the guide: it says how these parts work together.",
  react: "Hooks for React 18 or newer. [The guide](../SDK.md#react) has an application.",
  node: "A store in an SQLite file, for bots and backends. [The guide](../SDK.md#a-bot) has a bot.",
  testing: "A server in memory, for unit tests. [The guide](../SDK.md#testing) has an example.",
};

/** How the exports of `restante` are grouped. What is in no group comes last. */
const GROUPS: readonly (readonly [title: string, names: string])[] = [
  ["To connect", "connect Options Token Timing Restante Live Stop ConnectionState WaitOptions"],
  ["To send and to receive", "SendOptions SentMessage MessageState Why Messages Message BodySchema Json JsonOf"],
  ["Conversations and presence", "Conversation ConversationSettings Conversing ThreadOptions Presences Presence"],
  [
    "To sign in",
    "isNameFree claim signIn signInWithPasskey signedInAs signOut entranceOf SignedIn Entrance RequestOptions",
  ],
  ["The account", "Account SignedInDevice AccountPasskey Settings OwnProfile Notice People"],
  ["Errors and diagnosis", "RestanteError Refused problemOfName problemOfBody nameOf NameResult Debug DebugEvent"],
  ["Where records are stored", "browserStore memoryStore StorageState MemoryReason"],
  ["For a WebSocket of your own", "SocketClass SocketLike"],
  [
    "For a store of your own",
    "Store Shared Kept Position Commit Row Marks Entry Failure Draft Written Arrival Read Past Piece Removed",
  ],
];
const OTHERS = "Others";

/** Interfaces whose methods are those of a web standard. */
const STANDARD = new Set(["SocketLike"]);

export interface Made {
  /** By file name, formatted. */
  readonly pages: ReadonlyMap<string, string>;
  /** Exports, and methods of exports, without a comment. */
  readonly undocumented: readonly string[];
}

export async function makePages(): Promise<Made> {
  const entries = await readEntries();
  const made = entries.map((entry) => ({ entry, about: ABOUT[entry.name] ?? "", groups: groupsOf(entry) }));
  const places = placesOf(made);
  const pages = new Map([
    ["README.md", indexOf(entries)],
    ...made.map((page) => [`${page.entry.name}.md`, renderPage(page, places)] as const),
  ]);
  return { pages: formatted(pages), undocumented: entries.flatMap(undocumentedIn) };
}

function undocumentedIn({ specifier, exports }: Entry): string[] {
  return exports.flatMap(({ name, comment, members }) => {
    const methods = STANDARD.has(name) ? [] : (members ?? []).filter(({ isMethod }) => isMethod);
    return [
      ...(comment === "" ? [`${specifier}: ${name}`] : []),
      ...methods.filter((method) => method.comment === "").map((method) => `${specifier}: ${name}.${method.name}()`),
    ];
  });
}

export function writePages(pages: ReadonlyMap<string, string>): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  for (const [name, text] of pages) writeFileSync(join(FOLDER, name), text);
}

function indexOf(entries: readonly Entry[]): string {
  const list = entries.map(
    ({ name, specifier }) => `- [\`${specifier}\`](${name}.md): ${(ABOUT[name] ?? "").replace(/\. .*/, ".")}`,
  );
  return `# Reference of the SDK

What each entry point exports, made from the types by \`npm run docs\`. [SDK.md](../SDK.md) is the guide.

${list.join("\n")}
`;
}

function groupsOf({ name, exports }: Entry): Group[] {
  if (name !== "restante") {
    return [
      { title: "Functions", exports: exports.filter(({ isFunction }) => isFunction) },
      { title: "Types", exports: exports.filter(({ isFunction }) => !isFunction) },
    ];
  }
  const left = new Map(exports.map((one) => [one.name, one]));
  const groups = GROUPS.map(([title, names]) => ({
    title,
    exports: names.split(" ").flatMap((wanted) => {
      const one = left.get(wanted);
      left.delete(wanted);
      return one ?? [];
    }),
  }));
  return [...groups, { title: OTHERS, exports: [...left.values()] }].filter((group) => group.exports.length > 0);
}

/** As the formatter of the repository writes them, with their code. */
function formatted(pages: ReadonlyMap<string, string>): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "restante-pages-"));
  try {
    for (const [name, text] of pages) writeFileSync(join(folder, name), text);
    const oxfmt = join(ROOT, "node_modules/oxfmt/bin/oxfmt");
    execFileSync(process.execPath, [oxfmt, "--config", join(ROOT, ".oxfmtrc.json"), "."], { cwd: folder });
    return new Map([...pages.keys()].map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
