// An erased account leaves neither message texts nor token hashes in any file of the server. If the server is killed
// during an erasure, the name can't be claimed by another user.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { HttpAccounts } from "../support/http-accounts.ts";
import { type Server, startServer } from "../support/servers.ts";

const VARIABLES = { AUTH: "accounts", RATE_LIMIT: "off", ATTEMPTS_PER_MINUTE: "1000" };

let server: Server | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

const accounts = new HttpAccounts(() => server?.url ?? "");

/** The files of the server that contain one of these texts. */
function filesWith(texts: readonly string[]): string[] {
  const { folder = "" } = server ?? {};
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  return files.filter((file) => {
    if (!statSync(file).isFile()) return false;
    const bytes = readFileSync(file);
    return texts.some((text) => bytes.includes(text));
  });
}

test("[H15] no file of the server contains erased data", { timeout: 120_000 }, async () => {
  server = await startServer(VARIABLES);
  const anna = await accounts.claim("anna");
  const texts = ["quite a secret", createHash("sha256").update(anna.token).digest("hex")];
  await accounts.send(
    anna,
    anna.userName,
    Array.from({ length: 200 }, (_, i) => `${i} quite a secret ${"x".repeat(2_000)}`),
  );
  expect(texts.map((text) => filesWith([text]).length > 0)).toEqual([true, true]);
  expect((await accounts.ask("DELETE", "/api/account", undefined, anna.token)).status).toBe(204);
  expect(filesWith(texts)).toEqual([]);
  expect((await accounts.ask("POST", "/api/accounts", { userName: "anna" })).status).toBe(409);
});

test(
  "[A11] a running export breaks off when its mailbox is erased, and does not look complete",
  { timeout: 120_000 },
  async () => {
    server = await startServer(VARIABLES);
    const anna = await accounts.claim("anna");
    for (let n = 0; n < 40; n++)
      await accounts.send(
        anna,
        anna.userName,
        Array.from({ length: 15 }, () => "x".repeat(60_000)),
      );
    const reader = (await accounts.ask("GET", "/api/export", undefined, anna.token)).body?.getReader();
    await reader?.read();
    expect((await accounts.ask("DELETE", "/api/account", undefined, anna.token)).status).toBe(204);
    const rest = async () => {
      let bytes = 0;
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) return `${bytes} bytes that look complete`;
        bytes += value.byteLength;
      }
    };
    await expect(rest()).rejects.toThrow();
  },
);

test("[H15] after a kill at any time during an erasure, the name can't be claimed", { timeout: 240_000 }, async () => {
  server = await startServer(VARIABLES);
  const outcomes = new Set<string>();
  for (const wait of [0, 1, 2, 3, 4, 6, 8, 12]) {
    const anna = await accounts.claim(`anna-${wait}`);
    await accounts.send(
      anna,
      anna.userName,
      Array.from({ length: 50 }, (_, i) => `${i} ${"x".repeat(10_000)}`),
    );
    const erased = accounts.ask("DELETE", "/api/account", undefined, anna.token).catch(() => null);
    // A varying delay, so that each round kills the server at another point of the erasure.
    await new Promise((done) => setTimeout(done, wait));
    await server.kill();
    await erased;
    await server.restart();
    const taken = await accounts.ask("POST", "/api/accounts", { userName: anna.userName });
    expect(taken.status).toBe(409);
    const whole = (await accounts.ask("GET", "/api/account", undefined, anna.token)).status === 200;
    outcomes.add(whole ? "as it was" : "erased");
    if (!whole) expect(filesWith([createHash("sha256").update(anna.token).digest("hex")])).toEqual([]);
  }
  expect(outcomes.size).toBeGreaterThan(0);
});
