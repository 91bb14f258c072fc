// Whose code is in a bundle, and under which licence: made from what esbuild says went in, so that nobody is forgotten. A package
// without a licence text ends the build: what it may be used for is then not known.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Texts that have to go along, by how their files are called. */
const TEXT = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
/** What is in a bundle without being a file of its package: a table that was generated from one. */
const DERIVED = new Map([["src/protocol/confusables.ts", "unhomoglyph"]]);
/** Packages that come without the text of their licence, and where their project has it. */
const ELSEWHERE = new Map([
  ["@hono/zod-openapi", "node_modules/hono/LICENSE"],
  ["@hono/zod-validator", "node_modules/hono/LICENSE"],
]);
/** What a package has of somebody else's. */
const FURTHER = new Map([
  ["unhomoglyph", ["It is Unicode's confusables.txt 13.0.0, © 2020 Unicode®, Inc.:", "scripts/unicode-license.txt"]],
]);

/** The packages of which esbuild's metafile has files, by their folders. */
export function packagesOf({ inputs }) {
  const folders = new Set();
  for (const path of Object.keys(inputs)) {
    const derived = DERIVED.get(path);
    if (derived !== undefined) folders.add(`node_modules/${derived}`);
    // From this folder's node_modules on, wherever that is linked to; then the last one: a package may have another one's folder in its own.
    const [, folder] = /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return folders;
}

/** The text that goes along with bundles that have these packages in them. */
export function noticesOf(folders, title) {
  const notices = [...folders].map(noticeOf).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const names = notices.map(({ name, version, license }) => `  ${name} ${version} (${license})`);
  const texts = notices.map(({ name, version, text }) => `${"=".repeat(80)}\n${name} ${version}\n\n${text}\n`);
  return `${title}\n\n${names.join("\n")}\n\n${texts.join("\n")}`;
}

function noticeOf(folder) {
  const { name, version, license = "see below" } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => TEXT.test(file) || file.endsWith(".js.LICENSE.txt"))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const elsewhere = ELSEWHERE.get(name);
  if (texts.length === 0 && elsewhere !== undefined) texts.push(readFileSync(elsewhere, "utf8").trim());
  if (texts.length === 0) throw new Error(`${name} ${version} has no licence text: it can't go into a bundle`);
  const [about, further] = FURTHER.get(name) ?? [];
  if (further !== undefined) texts.push(about, readFileSync(further, "utf8").trim());
  return { name, version, license, text: [...new Set(texts)].join("\n\n").replaceAll("\r\n", "\n") };
}
