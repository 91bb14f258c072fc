// Writes the licences of the packages in a bundle, from esbuild's metafile, so that none is missing. A package without
// a licence text fails the build, because its terms are unknown.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Names of licence files. */
const LICENSE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
/** Files generated from a package, which contain its data without being its files. */
const GENERATED_FROM = new Map([["src/protocol/confusables.ts", "unhomoglyph"]]);
/** Packages without a licence text, and where their project has it. */
const LICENSE_ELSEWHERE = new Map([
  ["@hono/zod-openapi", "node_modules/hono/LICENSE"],
  ["@hono/zod-validator", "node_modules/hono/LICENSE"],
]);
/** Third-party content inside packages. */
const THIRD_PARTY = new Map([
  ["unhomoglyph", ["It is Unicode's confusables.txt 13.0.0, © 2020 Unicode®, Inc.:", "scripts/unicode-license.txt"]],
]);

/** The folders of the packages in esbuild's metafile. */
export function packagesOf({ inputs }) {
  const folders = new Set();
  for (const path of Object.keys(inputs)) {
    const derived = GENERATED_FROM.get(path);
    if (derived !== undefined) folders.add(`node_modules/${derived}`);
    // node_modules may be a link, so the path is cut there; the last package counts, because packages can be nested.
    const [, folder] = /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return folders;
}

/** The licence notices for bundles with these packages. */
export function noticesOf(folders, title) {
  const notices = [...folders].map(noticeOf).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const names = notices.map(({ name, version, license }) => `  ${name} ${version} (${license})`);
  const texts = notices.map(({ name, version, text }) => `${"=".repeat(80)}\n${name} ${version}\n\n${text}\n`);
  return `${title}\n\n${names.join("\n")}\n\n${texts.join("\n")}`;
}

function noticeOf(folder) {
  const { name, version, license = "see below" } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file) || file.endsWith(".js.LICENSE.txt"))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const elsewhere = LICENSE_ELSEWHERE.get(name);
  if (texts.length === 0 && elsewhere !== undefined) texts.push(readFileSync(elsewhere, "utf8").trim());
  if (texts.length === 0) throw new Error(`${name} ${version} has no licence text: it can't go into a bundle`);
  const [about, further] = THIRD_PARTY.get(name) ?? [];
  if (further !== undefined) texts.push(about, readFileSync(further, "utf8").trim());
  return { name, version, license, text: [...new Set(texts)].join("\n\n").replaceAll("\r\n", "\n") };
}
