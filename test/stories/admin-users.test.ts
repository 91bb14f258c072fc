// The operator's verbs over users, against a running deployment with accounts: the list, an export of all, suspensions
// with an end, quotas of one user, and reports.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_TOKEN, AdminCommand } from "../support/admin-command.ts";
import { type HttpAccount, HttpAccounts } from "../support/http-accounts.ts";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;
const command = new AdminCommand(() => server.url);
const accounts = new HttpAccounts(() => server.url);
let alice: HttpAccount;
let bob: HttpAccount;

beforeAll(async () => {
  server = await startServer({ ADMIN_TOKEN, USER_LIST: "on" });
  [alice, bob] = [await accounts.claim("alice"), await accounts.claim("bob")];
  await accounts.claim("ärger");
});

afterAll(() => server?.stop());

test("[X8] users lists names by prefix, in parts, and who is suspended", async () => {
  expect(await command.text("users")).toMatch(/^name +since +suspended\nalice +2.*\nbob +2.*\närger +2.*\n$/);
  expect(await command.json("users", "--prefix", "B", "--since", "1h")).toMatchObject({
    list: "on",
    users: [{ userName: "bob" }],
    next: null,
  });
  expect(await command.text("users", "--count", "2")).toMatch(/bob.*\nThere are more: --after bob\n$/);
  expect(await command.text("users", "--after", "bob")).toMatch(/^name.*\närger/);
  expect(await command.text("users", "--suspended")).toBe("There are none.\n");
  const suspended = await command.text("suspend", "bob", "--reason", "spam", "--for", "7d");
  expect(suspended).toMatch(/^bob is suspended since 2\S+ \S+ until 2\S+ \S+\n$/);
  expect(await command.text("user", "bob")).toMatch(/^suspended +since .* until .*: spam$/m);
  expect(await command.text("users", "--suspended")).toMatch(/^bob .* since .* until /m);
  await command.text("resume", "bob");
  expect(await command.run(["suspend", "bob", "--until", "2020-01-01"])).toMatchObject({ code: 1 });
});

test("[X8] export-all writes every mailbox, and continues after an interruption", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "restante-all-")), "out");
  const first = await command.text("export-all", "--out", folder);
  expect(first).toBe(`3 exported to ${folder}, 0 there already, 0 without a mailbox\n`);
  expect(readdirSync(folder).toSorted()).toEqual(["alice.jsonl", "bob.jsonl", "ärger.jsonl"]);
  expect(readFileSync(join(folder, "alice.jsonl"), "utf8")).toMatch(/^\{"type":"account".*\n[^]*"type":"end"/);
  // What an interrupted run leaves: complete files, and one part.
  const rest = join(mkdtempSync(join(tmpdir(), "restante-all-")), "out");
  await command.text("export-all", "--out", rest, "--prefix", "alice");
  writeFileSync(join(rest, "bob.jsonl.part"), "{");
  expect(await command.json("export-all", "--out", rest)).toEqual({ exported: 2, skipped: 1, gone: 0, failed: [] });
  expect(readdirSync(rest).toSorted()).toEqual(["alice.jsonl", "bob.jsonl", "ärger.jsonl"]);
});

test("[X9] quotas sets and ends limits of one user, and user names the limit that refused something", async () => {
  expect(await command.text("quotas", "alice", "--set", "REQUEST_BURST=1", "--set", "REQUESTS_PER_SECOND=1")).toMatch(
    /^REQUEST_BURST +1\nREQUESTS_PER_SECOND +1\n$/,
  );
  const ask = async () => (await accounts.ask("GET", "/api/account", undefined, alice.token)).status;
  const statuses = await Promise.all(Array.from({ length: 5 }, ask));
  expect(statuses).toContain(429);
  const text = await command.text("user", "alice");
  expect(text).toMatch(/^Quotas of their own\nlimit +value\nREQUEST_BURST +1$/m);
  expect(text).toMatch(/^REQUESTS_PER_SECOND +1 +\d+ +2/m);
  const unset = ["--unset", "REQUEST_BURST", "--unset", "REQUESTS_PER_SECOND"];
  expect(await command.text("quotas", "alice", ...unset)).toBe("no quotas of their own\n");
  expect(await Promise.all(Array.from({ length: 5 }, ask))).not.toContain(429);
  expect(await command.run(["quotas", "alice", "--set", "NO_SUCH=1"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("NO_SUCH"),
  });
});

test("[X10] reports are listed, shown with their messages, and resolved", async () => {
  await accounts.send(bob, "alice", ["buy this now"]);
  const path = "/api/conversations/bob/messages";
  const { messages } = (await (await accounts.ask("GET", path, undefined, alice.token)).json()) as {
    messages: { seq: number }[];
  };
  const body = { userName: "bob", reason: "spam", note: "daily", seqs: [messages[0]?.seq], consent: true };
  expect((await accounts.ask("POST", "/api/reports", body, alice.token)).status).toBe(201);
  const listed = await command.text("reports");
  expect(listed).toMatch(/^ *1 +2.* bob +alice +spam +daily$/m);
  expect(listed).not.toContain("buy this");
  expect(await command.text("report", "show", "1")).toMatch(/bob +buy this now$/m);
  expect(await command.text("report", "resolve", "1", "--note", "suspended")).toMatch(/^1 is resolved by secret, 2/);
  expect(await command.text("reports")).toBe("There are none.\n");
  expect(await command.json("reports", "--resolved")).toMatchObject([{ id: 1, resolution: "suspended" }]);
  expect(await command.run(["report", "show", "9"])).toMatchObject({ code: 1 });
  expect(await command.run(["report", "hide", "9"])).toMatchObject({
    code: 2,
    error: expect.stringContaining("report hide"),
  });
});
