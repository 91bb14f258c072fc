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

/** The files of `folder` by their paths on the server; HTML goes without its ending, as on Cloudflare. */
export function pageOf(folder) {
  const rules = rulesOf(readFileSync(join(folder, "_headers"), "utf8"));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("_"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
  return Object.fromEntries(
    files.map((file) => {
      const path = file.replace(/(?<=\/)index\.html$|\.html$/, "");
      const tag = createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex")
        .slice(0, 32);
      const about = { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", ETag: `"${tag}"` };
      return [path, { file, headers: { ...about, ...headersOf(rules, path) } }];
    }),
  );
}

/** Whether a path is meant: by itself, or up to a star at the end. */
function isMeant(pattern, path) {
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
