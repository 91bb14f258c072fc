// What was erased is not on the disk any more: neither what was written, nor the hash of a token, in any file of the server. And whenever
// the server is killed in the middle of it, nobody else gets the name.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Server, startSelfhost, startServer } from "../support/servers.ts";

const FREE = { AUTH: "accounts", RATE_LIMIT: "off", ATTEMPTS_PER_MINUTE: "1000" };

let server: Server | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

interface Person {
  readonly userName: string;
  readonly token: string;
}

async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return fetch(`${server?.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

async function claim(userName: string): Promise<Person> {
  const response = await ask("POST", "/api/accounts", { userName });
  expect(response.status).toBe(201);
  return (await response.json()) as Person;
}

/** Messages to oneself: nobody else has a copy. */
async function write({ userName, token }: Person, bodies: readonly string[]): Promise<void> {
  const messages = bodies.map((body) => ({ to: userName, body }));
  expect((await ask("POST", "/api/messages", messages, token)).status).toBe(200);
}

/** The files of the server in which one of these stands. */
function filesWith(texts: readonly string[]): string[] {
  const { folder = "" } = server ?? {};
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  return files.filter((file) => {
    if (!statSync(file).isFile()) return false;
    const bytes = readFileSync(file);
    return texts.some((text) => bytes.includes(text));
  });
}

test.each([
  ["selfhost", () => startSelfhost(FREE)],
  ["npm start", () => startServer(FREE)],
])("[H15] what was erased is in no file of the server: %s", { timeout: 120_000 }, async (_how, start) => {
  server = await start();
  const anna = await claim("anna");
  const texts = ["quite a secret", createHash("sha256").update(anna.token).digest("hex")];
  await write(
    anna,
    Array.from({ length: 200 }, (_, i) => `${i} quite a secret ${"x".repeat(2_000)}`),
  );
  expect(texts.map((text) => filesWith([text]).length > 0)).toEqual([true, true]);
  expect((await ask("DELETE", "/api/account", undefined, anna.token)).status).toBe(204);
  expect(filesWith(texts)).toEqual([]);
  expect((await ask("POST", "/api/accounts", { userName: "anna" })).status).toBe(409);
});

test(
  "[A11] an export that is under way when its mailbox is erased breaks off, and does not look whole",
  { timeout: 120_000 },
  async () => {
    server = await startSelfhost(FREE);
    const anna = await claim("anna");
    for (let n = 0; n < 40; n++)
      await write(
        anna,
        Array.from({ length: 15 }, () => "x".repeat(60_000)),
      );
    const reader = (await ask("GET", "/api/export", undefined, anna.token)).body?.getReader();
    await reader?.read();
    expect((await ask("DELETE", "/api/account", undefined, anna.token)).status).toBe(204);
    const rest = async () => {
      let bytes = 0;
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) return `${bytes} bytes that look whole`;
        bytes += value.byteLength;
      }
    };
    await expect(rest()).rejects.toThrow();
  },
);

test("[H15] killed at any time while it erases, it gives the name to nobody", { timeout: 240_000 }, async () => {
  server = await startSelfhost(FREE);
  const outcomes = new Set<string>();
  for (const wait of [0, 1, 2, 3, 4, 6, 8, 12]) {
    const anna = await claim(`anna-${wait}`);
    await write(
      anna,
      Array.from({ length: 50 }, (_, i) => `${i} ${"x".repeat(10_000)}`),
    );
    const erased = ask("DELETE", "/api/account", undefined, anna.token).catch(() => null);
    // Not to wait for something, but to end at another point of it each time.
    await new Promise((done) => setTimeout(done, wait));
    await server.kill();
    await erased;
    await server.restart();
    const taken = await ask("POST", "/api/accounts", { userName: anna.userName });
    expect(taken.status).toBe(409);
    const whole = (await ask("GET", "/api/account", undefined, anna.token)).status === 200;
    outcomes.add(whole ? "as it was" : "erased");
    if (!whole) expect(filesWith([createHash("sha256").update(anna.token).digest("hex")])).toEqual([]);
  }
  expect(outcomes.size).toBeGreaterThan(0);
});
