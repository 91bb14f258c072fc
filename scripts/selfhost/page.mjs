// Lists the web page's files with their paths and headers, once, when the server is built. front.js serves this list
// only. Answers: paths that lead to other files.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
};

/**
 * The responses for `folder`, by path: a `file` with `about`, its own headers (HTML without its extension); or `to`, a
 * redirect to the page's path. `headers`: those of each response, and beside `page` those of all other paths. The same
 * as Cloudflare with the `html_handling` `auto-trailing-slash`.
 */
export function pageOf(folder) {
  const rules = parseRules(readFileSync(join(folder, "_headers"), "utf8"));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("_"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
  const served = files.map((file) => {
    const tag = createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex")
      .slice(0, 32);
    const about = { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", ETag: `"${tag}"` };
    const path = pathOf(file);
    return [path, { file, about, headers: headersOf(rules, path) }];
  });
  const others = files.flatMap(alternativesOf).map(([path, to]) => [path, { to, headers: headersOf(rules, path) }]);
  return { page: Object.fromEntries([...others, ...served]), headers: headersOf(rules, "") };
}

function pathOf(file) {
  return file.replace(/(?<=\/)index\.html$|\.html$/, "");
}

/** Alternative paths of a page, each with its target. */
function alternativesOf(file) {
  if (!file.endsWith(".html")) return [];
  const [path, bare] = [pathOf(file), file.slice(0, -".html".length)];
  const own =
    path === bare
      ? [[file, path]]
      : [
          [file, path],
          [bare, path],
        ];
  return [...own, ...["/", "/index", "/index.html"].map((end) => [`${bare}${end}`, bare])];
}

/** Whether a pattern matches a path: exactly, or as a prefix before a final star. */
function matches(pattern, path) {
  if (pattern === "/*") return true;
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** Parses `_headers`: blocks of a path and its headers, indented; `! Name` removes a header of an earlier block. */
function parseRules(text) {
  const rules = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "" && !one.startsWith("#"))) {
    const [, off, name, value] = /^\s+(!?)\s*([\w-]+)(?::\s*(.*))?$/.exec(line) ?? [];
    if (name === undefined) rules.push({ path: line.trim(), headers: [] });
    else rules.at(-1)?.headers.push({ name, value: off === "!" ? null : (value ?? "") });
  }
  return rules;
}

function headersOf(rules, path) {
  const found = new Map();
  for (const { headers } of rules.filter((rule) => matches(rule.path, path))) {
    for (const { name, value } of headers) {
      if (value === null) found.delete(name);
      else found.set(name, value);
    }
  }
  return Object.fromEntries(found);
}
