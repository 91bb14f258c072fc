// What a user has removed is in no file of the server: rows of one message and of many, large ones and small ones,
// between those of conversations that stay.
import { afterEach, expect, test, vi } from "vitest";
import { HttpAccounts } from "../support/http-accounts.ts";
import { placesInFiles } from "../support/places-in-files.ts";
import { type Server, startServer } from "../support/servers.ts";

const VARIABLES = { AUTH: "accounts", RATE_LIMIT: "off", ATTEMPTS_PER_MINUTE: "1000" };

let server: Server | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

const accounts = new HttpAccounts(() => server?.url ?? "");

const placesOf = (text: string) => placesInFiles(server ?? expect.fail("there is no server"), text);

const many = (count: number, text: string, length: number) =>
  Array.from({ length: count }, (_, i) => `${text} ${i} ${"x".repeat(length)}`);

test("[Q10] no file of the server has what a user removed", { timeout: 300_000 }, async () => {
  server = await startServer(VARIABLES);
  const anna = await accounts.claim("anna");
  const [ben] = [await accounts.claim("ben"), await accounts.claim("cleo")];
  // SQLite leaves a copy of the first page of the log in its root when the log grows beyond that page.
  for (let n = 0; n < 12; n++) await accounts.send(anna, "ben", many(1, "it stays", 400));
  // Messages to oneself, so that no other mailbox has a copy.
  for (let n = 0; n < 10; n++) {
    await accounts.send(anna, "anna", many(1, "a small secret", 20));
    await accounts.send(anna, "ben", many(1, "it stays", 300));
    await accounts.send(anna, "anna", many(1 + (n % 7), "a small secret", n * 20));
  }
  await accounts.send(anna, "anna", many(100, "a large secret", 2_000));
  await accounts.send(anna, "anna", many(3, "a large secret", 60_000));
  await accounts.send(anna, "anna", ["before", "one single secret", "after"]);
  expect(["a small secret", "a large secret", "one single secret"].every((text) => placesOf(text) > 0)).toBe(true);
  const page = await accounts.ask("GET", "/api/conversations/anna/messages?limit=2", undefined, anna.token);
  const { messages } = (await page.json()) as { messages: { seq: number; body: string }[] };
  expect(messages[0]?.body).toBe("one single secret");
  const path = `/api/conversations/anna/messages/${messages[0]?.seq}`;
  expect((await accounts.ask("DELETE", path, undefined, anna.token)).status).toBe(204);
  // The write-ahead log is deleted when the idle mailbox is evicted.
  await vi.waitFor(() => expect(placesOf("one single secret")).toBe(0), { timeout: 60_000, interval: 250 });
  expect(placesOf("after")).toBeGreaterThan(0);
  expect((await accounts.ask("DELETE", "/api/conversations/anna", undefined, anna.token)).status).toBe(204);
  const secrets = () => ["a small secret", "a large secret", "one single secret"].map(placesOf);
  await vi.waitFor(() => expect(secrets()).toEqual([0, 0, 0]), { timeout: 60_000, interval: 250 });
  // As many as a stranger may write.
  const kept = (await (await accounts.ask("GET", "/api/conversations/anna/messages", undefined, ben.token)).json()) as {
    messages: unknown[];
  };
  expect(kept.messages).toHaveLength(3);
});
