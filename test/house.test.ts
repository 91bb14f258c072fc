// The house: who may know whom, how large a file may grow, and which words are not used. So that it can't drift.
import { globSync, readFileSync } from "node:fs";
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
  "worker.ts": ["protocol", "mailbox", "identity", "census", "registry", "api", "operator"],
};

/** What beside that: files that decide nothing of the protocol, and that the SDK has no room for. */
const ALSO = new Set(["src/web/lookalikes.ts imports ../protocol/skeleton.ts"]);

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
  operator: ["@hono/zod-openapi"],
  client: ["idb"],
  web: ["preact", "preact/hooks"],
  "worker.ts": ["cloudflare:workers", "hono/http-exception"],
};

/** The one file that may speak of something. */
const ALONE: [what: string, pattern: RegExp, file: string][] = [
  ["sockets", /\.(serialize|deserialize)Attachment\(|acceptWebSocket|\.send\(/, "src/mailbox/connections/sockets.ts"],
  ["other objects", /\benv\.(MAILBOX|CENSUS|REGISTRY)\b/, "src/mailbox/delivery/remote-objects.ts"],
];

function imports(file: string): string[] {
  const statements = /^(?:import|export|\}).*\bfrom "([^"]+)";$|^import "([^"]+)";$|\bimport\("([^"]+)"\)/gm;
  return [...textOf(file).matchAll(statements)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(30);
});

test.each(files)("%s imports only what its part of the house may know", (file) => {
  const part = partOf(file);
  for (const target of imports(file)) {
    if (ALSO.has(`${file} imports ${target}`)) continue;
    if (target.startsWith(".")) {
      const other = partOf(relative(ROOT, resolve(ROOT, dirname(file), target)));
      expect([part, ...(MAY[part] ?? [])], `${file} imports ${target}`).toContain(other);
    } else expect(PACKAGES[part], `${file} imports ${target}`).toContain(target);
  }
});

test.each(ALONE)("%s are spoken of by one file of the mailbox alone", (_, pattern, only) => {
  const who = files.filter((file) => partOf(file) === "mailbox" && pattern.test(textOf(file)));
  expect(who).toEqual([only]);
});

test("SQL is spoken in the log's folder alone", () => {
  const speaks = /\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET)\b|\.exec\(/;
  const who = files.filter((file) => partOf(file) === "mailbox" && speaks.test(textOf(file)));
  expect(who.length).toBeGreaterThan(2);
  expect(who.filter((file) => !/^src\/(mailbox|durable)\/log\//.test(file))).toEqual([]);
});

test.each(files)("%s opens with what it is, and is at most 300 lines long", (file) => {
  const lines = textOf(file).split("\n");
  expect(lines[0]).toMatch(/^\/\/ /);
  expect(lines.length).toBeLessThanOrEqual(301);
});

test.each(files)("%s uses the words of the field", (file) => {
  expect(textOf(file)).not.toMatch(/\b(room|topic|packet|payload|manager|handler|util)s?\b/i);
});

test("the client knows no document and no framework", () => {
  for (const file of files.filter((name) => partOf(name) === "client")) {
    expect(textOf(file), file).not.toMatch(/\b(document|window|localStorage|sessionStorage|HTMLElement)\b/);
  }
});
