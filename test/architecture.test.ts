// The architecture, held by tests: which part may import which, which file alone may use what, and which words are not
// used. The linter holds the sizes of files and functions, and that no import leads in a circle (.oxlintrc.json).
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const files = globSync("src/**/*.{ts,tsx}", { cwd: ROOT }).toSorted();
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const partOf = (file: string) => file.split("/").slice(1, -1)[0] ?? file.split("/")[1] ?? "";

/** Which part may import which, beside itself. */
const MAY: Record<string, string[]> = {
  protocol: [],
  durable: ["protocol"],
  mailbox: ["protocol", "durable", "identity", "metrics"],
  // The library for passkeys by its file, for the one thing that it does not export: see identity/attestation.ts.
  identity: ["protocol", "@simplewebauthn"],
  api: ["protocol", "identity", "census"],
  census: ["protocol"],
  registry: ["protocol"],
  metrics: ["protocol"],
  operator: ["protocol", "identity", "metrics", "api"],
  client: ["protocol"],
  web: ["client"],
  react: ["client"],
  node: ["client"],
  testing: ["client", "protocol"],
  "worker.ts": ["protocol", "mailbox", "identity", "census", "registry", "api", "operator"],
};

/** What beside that: files that decide nothing of the protocol, and that the SDK has no room for; and the number of the release. */
const ALSO = new Set([
  "src/web/skeleton.ts imports ../protocol/skeleton.ts",
  "src/protocol/release.ts imports ../../package.json",
]);

/** Which packages a part may use. */
const PACKAGES: Record<string, string[]> = {
  protocol: ["zod/mini"],
  durable: [],
  mailbox: ["cloudflare:workers", "ipaddr.js"],
  identity: [
    "@simplewebauthn/server",
    "cloudflare:workers",
    "@simplewebauthn/server/helpers",
    "hono",
    "hono/cookie",
    "hono/cors",
    "hono/secure-headers",
    "ipaddr.js",
    "jose",
  ],
  api: ["@hono/zod-openapi"],
  census: ["cloudflare:workers"],
  registry: ["cloudflare:workers"],
  metrics: [],
  operator: ["@hono/zod-openapi", "cloudflare:workers", "hono/route"],
  client: [],
  testing: [],
  node: ["node:fs", "node:process", "node:sqlite"],
  web: ["preact", "preact/hooks", "linkify-it", "uqr"],
  react: ["react"],
  "worker.ts": ["cloudflare:workers", "hono/http-exception"],
};

/** What is written in plain words. */
const WRITTEN = ["src", "test", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/** The one file of the mailbox that may use something. */
const ALONE: [what: string, pattern: RegExp, file: string][] = [
  ["WebSockets", /\.(serialize|deserialize)Attachment\(|acceptWebSocket/, "src/mailbox/connections/sockets.ts"],
  ["the sending of texts", /\.send\(/, "src/mailbox/connections/send-buffer.ts"],
  ["other objects", /\benv\.(MAILBOX|CENSUS|REGISTRY)\b/, "src/mailbox/delivery/remote-objects.ts"],
];

function imports(file: string): string[] {
  const statements = /^(?:import|export|\}).*\bfrom "([^"]+)";$|^import "([^"]+)";$|\bimport\("([^"]+)"\)/gm;
  return [...textOf(file).matchAll(statements)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** Without those that import nothing but types. */
function valueImports(file: string): string[] {
  const statements = /^import (?!type )(?:(\{[^}]*\}|[\w*][^;]*?) from )?"([^"]+)";$/gms;
  return [...textOf(file).matchAll(statements)].flatMap(([, names = "", target = ""]) => {
    const listed = names.startsWith("{") ? names.slice(1, -1).split(",") : [];
    const areTypes = listed.length > 0 && listed.every((name) => name.trim() === "" || name.trim().startsWith("type "));
    return areTypes ? [] : [target];
  });
}

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(30);
});

test.each(files)("%s imports only what its part may know", (file) => {
  const part = partOf(file);
  for (const target of imports(file)) {
    if (ALSO.has(`${file} imports ${target}`)) continue;
    if (target.startsWith(".")) {
      const other = partOf(relative(ROOT, resolve(ROOT, dirname(file), target)));
      expect([part, ...(MAY[part] ?? [])], `${file} imports ${target}`).toContain(other);
    } else expect(PACKAGES[part], `${file} imports ${target}`).toContain(target);
  }
});

/**
 * The rooms of src/mailbox: which room may import which by value, beside itself, src/durable and the parts above. Types
 * are free, because the context names the parts of all rooms; the linter refuses circles of them between files.
 */
const ROOMS: Record<string, string[]> = {
  log: [],
  access: ["log"],
  limits: ["access"],
  people: ["access", "limits"],
  delivery: ["access", "limits", "log", "people"],
  reading: ["access", "delivery"],
  connections: ["access", "delivery", "limits", "log", "people", "reading"],
  services: ["access", "log", "reading"],
  admin: ["access", "connections", "log", "people", "reading"],
  calls: ["access", "admin", "delivery", "limits", "people", "reading", "services"],
  instance: ["access", "admin", "connections", "delivery", "limits", "log", "people", "reading", "services"],
  "mailbox.ts": ["access", "calls", "connections", "delivery", "instance", "people"],
};

const roomOf = (file: string) => file.split("/")[2] ?? "";

test("src/mailbox has the rooms of the table, and no others", () => {
  const rooms = new Set(files.filter((file) => partOf(file) === "mailbox").map(roomOf));
  expect(rooms).toEqual(new Set(Object.keys(ROOMS)));
  expect(rooms.size).toBeLessThanOrEqual(12);
});

test.each(files.filter((file) => partOf(file) === "mailbox"))(
  "%s imports only from rooms that its room may use",
  (file) => {
    const room = roomOf(file);
    for (const target of valueImports(file)) {
      const path = relative(ROOT, resolve(ROOT, dirname(file), target));
      if (!target.startsWith(".") || partOf(path) !== "mailbox") continue;
      expect([room, ...(ROOMS[room] ?? [])], `${file} imports ${target}`).toContain(roomOf(path));
    }
  },
);

test.each(ALONE)("%s: one file of the mailbox alone", (_, pattern, only) => {
  const who = files.filter((file) => partOf(file) === "mailbox" && pattern.test(textOf(file)));
  expect(who).toEqual([only]);
});

test("SQL is in the folders of the log alone", () => {
  const speaks = /\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET)\b|\.exec\(/;
  const who = files.filter((file) => partOf(file) === "mailbox" && speaks.test(textOf(file)));
  expect(who.length).toBeGreaterThan(2);
  expect(who.filter((file) => !/^src\/(mailbox|durable)\/log\//.test(file))).toEqual([]);
});

test.each(files)("%s opens with a comment that says what it is", (file) => {
  expect(textOf(file).split("\n")[0]).toMatch(/^\/\/ /);
});

test.each(files)("%s has no names for things that have other names here", (file) => {
  // A field of every message of AsyncAPI.
  const text = file.endsWith("/asyncapi.ts") ? textOf(file).replaceAll(/\bpayload\b/g, "") : textOf(file);
  expect(text).not.toMatch(/\b(room|topic|packet|payload|manager|handler|util)s?\b/i);
});

/** Private words that the code once had in place of the field's terms (README, "Words"), and riddles. */
const PRIVATE =
  /\b(whoever|in vain|so many\b(?! \w+ as)|set back|put out|lets? go of|a moment|for nothing|one's|what is owed|tells?|told(?! apart)|telling|hears?|heard|seal(?:s|ed|ing)?|lanes?|wiring|tally|patience|whatever|no matter)\b/gi;

/** Where one stands for a reason: sentences of the protocol, and names that applications use. */
const ALLOWED: Record<string, string[]> = {
  "src/protocol/up.ts": ["one's"],
  "src/client/store.ts": ["told"],
  "src/client/database-records.ts": ["told"],
  "src/client/memory.ts": ["told"],
  "src/client/apply-frames.ts": ["told"],
  "src/client/open-commit.ts": ["told"],
  "src/node/records.ts": ["told"],
  "test/client/stores/contract.ts": ["told"],
  "test/client/public-types.txt": ["told"],
  "docs/reference/restante.md": ["told"],
  "test/architecture.test.ts": ["*"],
};

const written = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", ...WRITTEN], {
  cwd: ROOT,
})
  .toString()
  .split("\0")
  .filter((file) => file !== "" && existsSync(join(ROOT, file)) && !/\.(gz|png|svg|pem)$/.test(file));

test("no private words in code, tests and documents", () => {
  const found = written.flatMap((file) => {
    const allowed = ALLOWED[file] ?? [];
    const words = allowed.includes("*") ? [] : [...textOf(file).matchAll(PRIVATE)].map(([word]) => word.toLowerCase());
    return words.filter((word) => !allowed.includes(word)).map((word) => `${file}: ${word}`);
  });
  expect(written.length).toBeGreaterThan(400);
  expect(found).toEqual([]);
});

test("each exception is needed", () => {
  for (const [file, words] of Object.entries(ALLOWED)) {
    for (const word of words) if (word !== "*") expect(textOf(file).toLowerCase(), `${file}: ${word}`).toContain(word);
  }
});

test("the client knows no document and no framework", () => {
  for (const file of files.filter((name) => partOf(name) === "client")) {
    expect(textOf(file), file).not.toMatch(
      /\b(document|(?<!#limits\?\.)window|localStorage|sessionStorage|HTMLElement)\b/,
    );
  }
});
