// What has to agree before a release: the tree, package.json, package-lock.json, CHANGELOG.md and the tag.
import { readFileSync } from "node:fs";
import { run } from "../child.mjs";

/** Problems in sentences. */
export async function releaseProblems(version) {
  const status = await git("status", "--porcelain");
  const head = await git("rev-parse", "HEAD");
  const tagged = await git("rev-parse", "--verify", "--quiet", `refs/tags/v${version}^{commit}`);
  const problems = changelogProblems(readFileSync("CHANGELOG.md", "utf8"), version);
  if (status === null) problems.push("This folder is no git checkout.");
  else if (status !== "") problems.push(`Uncommitted changes: ${status.split("\n").slice(0, 5).join(", ")}`);
  if (tagged && tagged !== head) problems.push(`The tag v${version} is on another commit: raise the version.`);
  const locked = JSON.parse(readFileSync("package-lock.json", "utf8")).version;
  if (locked !== version) problems.push(`package-lock.json has version ${locked}, package.json ${version}.`);
  return problems;
}

/** What CHANGELOG.md lacks for this version: it is the newest block, has a date, and says how far one may go back. */
export function changelogProblems(text, version) {
  const [, title = "", block = ""] = /^## (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text) ?? [];
  const problems = [];
  const [, named, date] = /^\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$/.exec(title) ?? [];
  if (named === undefined || date === undefined)
    problems.push(`The newest block of CHANGELOG.md is "${title}": it must be "[${version}] - DATE".`);
  else if (named !== version)
    problems.push(`The newest block of CHANGELOG.md is ${named}, package.json has ${version}.`);
  if (goesBackTo(block) === null)
    problems.push('"Before you upgrade" of the newest block must say "**Not further back than VERSION**".');
  return problems;
}

/** The oldest version to which one can go back from that of this block; null: it does not say. */
export function goesBackTo(block) {
  const [, before = ""] = /^### Before you upgrade\n([\s\S]*?)(?=^### |(?![\s\S]))/m.exec(block) ?? [];
  return /^- \*\*Not further back than (\d+\.\d+\.\d+)\*\*/m.exec(before)?.[1] ?? null;
}

async function git(...args) {
  let output = "";
  const code = await run("git", args, { print: (text) => (output += text) });
  return code === 0 ? output.trim() : null;
}
