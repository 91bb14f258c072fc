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
  const headers = headersOf(readFileSync(join(folder, "_headers"), "utf8"));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("_"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
  return Object.fromEntries(
    files.map((file) => {
      const tag = createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex")
        .slice(0, 32);
      const about = { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", ETag: `"${tag}"` };
      return [file.replace(/(?<=\/)index\.html$|\.html$/, ""), { file, headers: { ...about, ...headers } }];
    }),
  );
}

/** The headers of `_headers`: one block, for every path. */
function headersOf(text) {
  const [path, ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  if (path !== "/*" || lines.some((line) => !/^\s+[\w-]+:/.test(line)))
    throw new Error("_headers has more than one block");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]),
  );
}
