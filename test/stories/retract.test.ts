// What an author has taken back is in no file of the server: neither in the author's mailbox nor in the receiver's,
// neither the message nor its edits, while their neighbours stay.
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

test("[I5] no file of the server has what its author took back", { timeout: 300_000 }, async () => {
  server = await startServer(VARIABLES);
  const [anna, ben] = [await accounts.claim("anna"), await accounts.claim("ben")];
  const post = async (token: string, ...messages: readonly object[]): Promise<number[]> => {
    const response = await accounts.ask("POST", "/api/messages", messages, token);
    const outcomes = (await response.json()) as { type: string; entry: number }[];
    expect(outcomes.map(({ type }) => type)).toEqual(messages.map(() => "accepted"));
    return outcomes.map(({ entry }) => entry);
  };
  // Ben answers, so that anna is no stranger.
  await post(anna.token, { to: "ben", body: "hello" });
  await post(ben.token, { to: "anna", body: "hi" });
  // SQLite leaves a copy of the first page of the log in its root when the log grows beyond that page.
  for (let n = 0; n < 12; n++) await accounts.send(anna, "ben", [`it stays ${"x".repeat(400)}`]);
  const originals: number[] = [];
  for (let n = 0; n < 6; n++) {
    const body = `the secret text ${n} ${"y".repeat(n * 300)}`;
    // In a run with others.
    const [, entry = 0] = await post(
      anna.token,
      ...["it stays", body, "it stays too"].map((text) => ({ to: "ben", body: text })),
    );
    originals.push(entry);
    const edit = { to: "ben", body: `the secret edit ${n} ${"z".repeat(n * 2_000)}`, re: { to: entry, is: "edit" } };
    await post(anna.token, edit, { to: "ben", body: "it stays as well" });
  }
  const secrets = () => ["the secret text", "the secret edit"].map(placesOf);
  expect(secrets().every((places) => places >= 12)).toBe(true);
  for (const to of originals) await post(anna.token, { to: "ben", body: null, re: { to, is: "retract" } });
  // The write-ahead log is deleted when the idle mailbox is evicted.
  await vi.waitFor(() => expect(secrets()).toEqual([0, 0]), { timeout: 60_000, interval: 250 });
  for (const text of ["it stays", "it stays too", "it stays as well"]) expect(placesOf(text)).toBeGreaterThan(0);
  const { messages } = (await (
    await accounts.ask("GET", "/api/conversations/anna/messages?limit=200", undefined, ben.token)
  ).json()) as { messages: { body: string }[] };
  expect(messages.filter(({ body }) => body.startsWith("it stays"))).toHaveLength(12 + 6 * 3);
});
