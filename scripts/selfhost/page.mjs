// What of the page is served where, and with which headers: looked up once, when the server is built, so that front.js serves what is
// in this list and can't be talked into anything else.
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
};

/**
 * What is served of `folder`, by its path: a `file` and what its headers say `about` it, HTML without its ending; or `to`, where the path of a page
 * is another one. `headers` are those of every answer, and those of all other paths beside `page`. All as on Cloudflare, whose `html_handling` is `auto-trailing-slash`.
 */
export function pageOf(folder) {
  const rules = rulesOf(readFileSync(join(folder, "_headers"), "utf8"));
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
  const others = files.flatMap(othersOf).map(([path, to]) => [path, { to, headers: headersOf(rules, path) }]);
  return { page: Object.fromEntries([...others, ...served]), headers: headersOf(rules, "") };
}

function pathOf(file) {
  return file.replace(/(?<=\/)index\.html$|\.html$/, "");
}

/** Other paths of a page, each with where it leads. */
function othersOf(file) {
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

/** Whether a path is meant: by itself, or up to a star at the end. */
function isMeant(pattern, path) {
  if (pattern === "/*") return true;
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** `_headers`: blocks of a path and, indented, what its answers have; `! Name` takes away what an earlier block gave. */
function rulesOf(text) {
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
  for (const { headers } of rules.filter((rule) => isMeant(rule.path, path))) {
    for (const { name, value } of headers) {
      if (value === null) found.delete(name);
      else found.set(name, value);
    }
  }
  return Object.fromEntries(found);
}
