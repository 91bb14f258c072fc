// The documents hold together: every link leads to a file and a heading that exist, lines are short, README is short.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { servedDocuments, withoutDeadLinks } from "../scripts/documents.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const LINE_LENGTH = 120;
const README_LINES = 150;

/** The list of documents for programs that read text. */
const LIST = "docs/llms.txt";

/** Every Markdown file of the repository, by its path from the root. */
const pages = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", LIST], {
  cwd: ROOT,
})
  .toString()
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));

interface Line {
  number: number;
  text: string;
}

const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** The lines outside of code blocks, and those inside. */
function linesOf(markdown: string): { prose: Line[]; code: Line[] } {
  let fence: string | null = null;
  const prose: Line[] = [];
  const code: Line[] = [];
  for (const [index, text] of markdown.split("\n").entries()) {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(text) ?? [];
    if (fence === null && mark === undefined) prose.push({ number: index + 1, text });
    else if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence) === true) fence = null;
    else code.push({ number: index + 1, text });
  }
  return { prose, code };
}

const proseOf = (markdown: string) => linesOf(markdown).prose;

/** The anchors that GitHub gives a page: of its headings, repeated ones numbered, and of its own `id` attributes. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseOf(markdown)) {
    for (const [, id = ""] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const [, heading] = /^#{1,6} +(.*?)(?: +#+)? *$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const anchor = anchorOf(heading);
    let free = anchor;
    for (let repeated = 1; anchors.has(free); repeated++) free = `${anchor}-${repeated}`;
    anchors.add(free);
  }
  return anchors;
}

/** Lower case; letters, marks, numbers, `_`, `-` and blanks stay, blanks as `-`. Of a link its text counts. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/(?<![\p{L}\p{N}])_([^_]+)_(?![\p{L}\p{N}])/gu, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** The targets of a page's links and pictures, those over two lines too; code is no link. */
function targetsOf(markdown: string): string[] {
  const prose = proseOf(markdown)
    .map(({ text }) => text)
    .join("\n")
    .replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*<?([^\s>]+)>?/gm)];
  const attributes = [...prose.matchAll(/<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/g)];
  return [...inline, ...references, ...attributes].map(([, target = ""]) => target);
}

/** Why a link of a page leads nowhere, or null. `read` gives the text of a page, or null where there is none. */
function checkLink(page: string, target: string, read: (path: string) => string | null): string | null {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return null;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : relative(ROOT, resolve(ROOT, dirname(page), decodeURIComponent(path)));
  const text = read(file);
  if (text === null) return `${page}: ${target}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith(".md") || anchorsOf(text).has(decodeURIComponent(anchor))) return null;
  return `${page}: ${target}: ${file} has no such heading`;
}

function readFromDisk(path: string): string | null {
  const file = join(ROOT, path);
  if (path.startsWith("..") || !existsSync(file)) return null;
  return statSync(file).isDirectory() ? "" : readFileSync(file, "utf8");
}

/** Whether a line may be longer: a row of a table, or nothing but one link or word that can't be broken. */
function isUnbreakable(text: string): boolean {
  const words = text.trim().replace(/^(?:[-*>]|\d+\.) +/, "");
  return text.startsWith("|") || /^!?\[[^\]]*\]\([^)]*\)[.,;:]?$/.test(words) || !words.includes(" ");
}

test("the pages are found", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "docs/PROTOCOL.md", "bench/README.md"]));
});

test.each(pages)("every link of %s leads to a file and a heading that exist", (page) => {
  const broken = targetsOf(textOf(page)).map((target) => checkLink(page, target, readFromDisk));
  expect(broken.filter((why) => why !== null)).toEqual([]);
});

test.each(pages)("no line of prose in %s is longer than 120 characters", (page) => {
  const long = proseOf(textOf(page)).filter(({ text }) => [...text].length > LINE_LENGTH && !isUnbreakable(text));
  expect(long.map(({ number, text }) => `${page}:${number}: ${text}`)).toEqual([]);
});

test.each(pages)("no line of a code block in %s is longer than 120 characters", (page) => {
  const long = linesOf(textOf(page)).code.filter(({ text }) => [...text].length > LINE_LENGTH);
  expect(long.map(({ number, text }) => `${page}:${number}: ${text}`)).toEqual([]);
});

test("README has at most 150 lines", () => {
  expect(textOf("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(README_LINES);
});

test("a broken link of every form is found, and a good one is not", () => {
  const files: Record<string, string> = {
    "docs/A.md": "# A page\n\n## `code`, and **a _word_**!\n\n## Twice\n\n## Twice\n",
    "src/a.ts": "",
  };
  const read = (path: string) => files[path] ?? null;
  const good = [
    "A.md",
    "#twice",
    "#twice-1",
    "A.md#code-and-a-word",
    "../src/a.ts",
    "../src/a.ts#L1",
    "https://a.test/#b",
  ];
  const bad = ["B.md", "#thrice", "#twice-2", "A.md#code", "../src/b.ts", "../../a.ts"];
  expect(good.flatMap((target) => checkLink("docs/A.md", target, read) ?? [])).toEqual([]);
  expect(bad.flatMap((target) => checkLink("docs/A.md", target, read) ?? [])).toHaveLength(bad.length);
  const page =
    "[a](B.md), [over\ntwo lines](C.md#d) ![e](f.png)\n\n```\n[no](g.md)\n```\n\n`[no](h.md)`\n\n[i]: j.md\n";
  expect(targetsOf(page)).toEqual(["B.md", "C.md#d", "f.png", "j.md"]);
});

/** The README of the package; the others are for readers of the repository, or of a server. */
const PACKAGED = "docs/PACKAGE.md";

test("docs/llms.txt has a title, a summary, and every document once, each with what it has", () => {
  const text = textOf(LIST);
  expect(text).toMatch(/^# .+\n\n(?:> .+\n)+\n/);
  expect(text.match(/^# /gm)).toHaveLength(1);
  const listed = [...text.matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S.*$/gm)].map(([, path = ""]) => `docs/${path}`);
  const isForReaders = (page: string) => /^docs\/(?:reference\/)?[\w-]+\.md$/.test(page) && page !== PACKAGED;
  const documents = pages.filter((page) => isForReaders(page) && page !== "docs/reference/README.md");
  expect(listed.toSorted()).toEqual(documents.toSorted());
});

test("every link of a document that a server serves leads to another one", () => {
  const served = servedDocuments();
  expect(served.size).toBeGreaterThan(15);
  const read = (path: string) => served.get(path) ?? null;
  const broken = [...served].flatMap(([page, text]) => targetsOf(text).map((target) => checkLink(page, target, read)));
  expect(broken.filter((why) => why !== null)).toEqual([]);
});

test("a dead link of every form is removed; code and good links stay", () => {
  const code = "`[b](B.md)`\n\n```ts\nlist[at](B.md)\n```\n\n";
  const text = `[a](A.md#x) [b](B.md) ![c](c.png)\n\n![c](c.png)\n\n${code}[T1]: A.md#y\n[T2]: B.md#y\n`;
  const left = `[a](A.md#x) b \n\n${code}[T1]: A.md#y\n`;
  expect(withoutDeadLinks(text, (path: string) => path === "A.md")).toBe(left);
});

test("a served document has the code of its source, and its words", () => {
  const served = servedDocuments();
  const wordsOf = (text: string) =>
    text
      .replaceAll(/!\[[^\]]*\]\([^)\s]+\)/g, "")
      .replaceAll(/\[([^\]]*)\]\([^)\s]+\)/g, "$1")
      .match(/[\w`]+/g);
  for (const page of ["docs/SDK.md", "docs/PROTOCOL.md"]) {
    const text = served.get(page) ?? "";
    expect(linesOf(text).code.map((line) => line.text)).toEqual(linesOf(textOf(page)).code.map((line) => line.text));
    expect(wordsOf(text)).toEqual(wordsOf(textOf(page)));
  }
});

/** A file that README has its readers make. */
const MADE = new Set(["hello.mjs"]);

/** Every file of the repository, by its path from the root. */
const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT })
  .toString()
  .split("\0");

test.each(pages)("%s names files of code that exist", (page) => {
  const named = proseOf(textOf(page)).flatMap(({ text }) =>
    [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|tsx|mjs))(?::\d+)?`/g)].map(([, path = ""]) => path),
  );
  const missing = named.filter(
    (path) => !MADE.has(path) && !tracked.some((file) => file === path || file.endsWith(`/${path}`)),
  );
  expect(missing).toEqual([]);
});
