// The operator's command against a running deployment, as it is used: every verb, for people and for machines, with its exit codes.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TruncatedError, Deployment, UnreachableError } from "../../scripts/admin/deployment.ts";
import { open } from "../support/people.ts";
import { OPEN, type Server, startSelfhost } from "../support/servers.ts";

const ADMIN_TOKEN = "the operator's secret in these tests".replaceAll(" ", "-");
const COMMAND = resolve(import.meta.dirname, "../../scripts/admin/admin.ts");
const BODY = "nobody-else-is-to-read-this";

let server: Server;

beforeAll(async () => {
  server = await startSelfhost({ ...OPEN, ADMIN_TOKEN });
});

afterAll(() => server.stop());

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the command to its end. */
function admin(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const own = { RESTANTE_ADMIN_TOKEN: ADMIN_TOKEN, RESTANTE_URL: server.url, ...env };
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...own } });
  let [out, error] = ["", ""];
  child.stdout.on("data", (data) => (out += String(data)));
  child.stderr.on("data", (data) => (error += String(data)));
  return new Promise((done) => child.once("close", (code) => done({ code, out, error })));
}

async function json(...args: string[]): Promise<unknown> {
  const { code, out, error } = await admin([...args, "--json"]);
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out);
}

async function people(...args: string[]): Promise<string> {
  const { code, out, error } = await admin(args);
  expect([code, error]).toEqual([0, ""]);
  return out;
}

test("the help teaches: every verb, the token, the exit codes; and each verb has its own", async () => {
  const { code, out } = await admin(["--help"], { RESTANTE_ADMIN_TOKEN: "" });
  expect(code).toBe(0);
  for (const word of ["RESTANTE_ADMIN_TOKEN", "--url", "--json", "Exit codes"]) expect(out).toContain(word);
  const verbs = [...out.matchAll(/^ {2}((?:service )?[a-z]+)(?: [A-Z]+)* {2,}/gm)].map((match) => match[1] ?? "");
  const all =
    "stats,user,disconnect,suspend,resume,trace,export,restore,erase,service create,service grant,service list,service show,service revoke";
  expect(verbs.join()).toBe(all);
  for (const verb of verbs) {
    const own = await admin([...verb.split(" "), "--help"], { RESTANTE_ADMIN_TOKEN: "" });
    expect([own.code, own.out.startsWith(`npm run admin -- ${verb}`)], verb).toEqual([0, true]);
  }
});

test("what it is asked wrongly is 2, what the server refuses is 1, and a server that is not there is 3", async () => {
  for (const [args, told] of [
    [["frob"], /no verb "frob"/],
    [["user"], /user takes NAME/],
    [["stats", "now"], /stats takes nothing/],
    [["user", "a", "--frob"], /--frob/],
    [["trace", "a", "first"], /SEQ is a number/],
    [["erase", "a"], /--yes/],
    [["restore", "a", "--to", "yesterday"], /--to yesterday/],
    [["service", "create", "bot"], /--scope/],
    [["stats", "--url", "ftp://x"], /--url ftp:/],
    [["trace", "a", "1", "--logs", "/no/such/file"], /./],
  ] as const) {
    const { code, error, out } = await admin(args);
    expect([code === 2 || code === 1, out], args.join(" ")).toEqual([true, ""]);
    expect(error).toMatch(told);
    expect(error).not.toMatch(/\n\s+at /);
  }
  expect(await admin(["stats"], { RESTANTE_ADMIN_TOKEN: "" })).toMatchObject({ code: 2 });
  const wrong = await admin(["stats"], { RESTANTE_ADMIN_TOKEN: "x".repeat(40) });
  expect(wrong).toMatchObject({ code: 1, error: expect.stringContaining("(unauthorized)") });
  expect(await admin(["user", "-x"])).toMatchObject({ code: 2 });
  expect(await admin(["suspend", "nobody-yet"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("(unknown_receiver)"),
  });
  const away = await admin(["stats", "--url", "http://127.0.0.1:9"]);
  expect(away).toMatchObject({ code: 3, error: expect.stringContaining("can't be reached") });
});

test("stats and user show numbers and devices, and no message", async () => {
  const [alice, bob] = [await open(server.url, "alice"), await open(server.url, "bob", "laptop")];
  alice.send({ type: "send", id: 1, to: "bob", body: BODY });
  await alice.until("accepted");
  const { seq } = await bob.until("message");
  bob.ack(seq);
  await alice.mark("delivered");
  const stats = await people("stats");
  expect(stats).toMatch(/^users online {2,}2$/m);
  expect(stats).toMatch(/^stored {2,}1$/m);
  expect(stats).toContain("From accepted to stored");
  expect(await json("stats")).toMatchObject({ online: { users: 2, sockets: 2 }, figures: { accepted: 1, stored: 1 } });
  const user = await people("user", "bob");
  expect(user).toMatch(/^laptop +online/m);
  expect(await json("user", "BOB")).toMatchObject({
    userName: "bob",
    is: "user",
    devices: [{ device: "laptop", behind: 0 }],
  });
  expect(user + stats + JSON.stringify(await json("user", "bob"))).not.toContain(BODY);
  const nobody = await admin(["user", "nobody-yet"]);
  expect(nobody).toMatchObject({ code: 1, out: "", error: expect.stringContaining("There is no mailbox nobody-yet") });
  const value = await admin(["user", "nobody-yet", "--json"]);
  expect([value.code, JSON.parse(value.out)]).toMatchObject([1, { is: "nobody" }]);
  alice.line.close();
  bob.line.close();
});

test("a message is traced, and with the server's log its tries are", async () => {
  const carol = await open(server.url, "carol");
  carol.send({ type: "send", id: 1, to: "dave", body: BODY });
  const entry = String((await carol.until("accepted"))["entry"]);
  const dave = await open(server.url, "dave", "tablet");
  const { seq, origin } = await dave.until("message");
  dave.ack(seq);
  await carol.mark("delivered");
  const text = await people("trace", "carol", entry);
  expect(text).toMatch(/^carol → dave, 29 B: delivered$/m);
  expect(text).toMatch(/^accepted +yes +2\d{3}-.* by device phone, id 1$/m);
  expect(text).toMatch(/^delivered +yes .*tablet has it, online$/m);
  expect(text).not.toContain(BODY);
  const log = join(mkdtempSync(join(tmpdir(), "restante-log-")), "server.log");
  const tried = { event: "deliver_failed", at: Date.now(), user: "carol", to: "dave", owed: 1, reason: "no answer" };
  const pushed = { event: "push_sent", at: Date.now() + 1, user: "dave" };
  const tail = { logs: [{ message: [JSON.stringify(pushed)], timestamp: pushed.at }], outcome: "ok" };
  const other = { ...tried, to: "erin" };
  const lines = [
    ...server.output.split("\n"),
    JSON.stringify(tried),
    JSON.stringify(other),
    JSON.stringify(tail),
    "{ not JSON",
  ];
  writeFileSync(log, lines.join("\n"));
  const found = (await json("trace", "dave", String(seq), "--logs", log)) as { logs: { event: string; to?: string }[] };
  expect(found).toMatchObject({ from: "carol", to: "dave", state: "delivered", author: { message: { seq: origin } } });
  const events = found.logs.map(({ event }) => event);
  for (const event of ["connect", "deliver_failed", "push_sent"]) expect(events).toContain(event);
  expect(found.logs.filter(({ to }) => to === "erin")).toEqual([]);
  expect(await people("trace", "dave", String(seq), "--logs", log)).toMatch(
    /In the log[\s\S]*deliver_failed +to=dave owed=1/,
  );
  expect(await admin(["trace", "carol", "7"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("(not_found)"),
  });
});

test("disconnect, suspend, resume, export and erase do what they say", async () => {
  const erin = await open(server.url, "erin");
  erin.send({ type: "send", id: 1, to: "erin", body: BODY });
  await erin.until("accepted");
  expect(await people("disconnect", "erin", "--device", "no-such")).toBe("0 closed\n");
  expect(await people("disconnect", "erin")).toBe("1 closed\n");
  expect(await erin.until("closing")).toMatchObject({ code: 1012 });
  expect(await people("suspend", "erin", "--reason", "spam")).toContain("erin is suspended since 2");
  expect(await people("user", "erin")).toMatch(/^suspended +since .*: spam$/m);
  await expect(open(server.url, "erin")).rejects.toThrow();
  expect(await json("resume", "erin")).toEqual({ suspended: null });
  await open(server.url, "erin");
  const file = join(mkdtempSync(join(tmpdir(), "restante-export-")), "erin.jsonl");
  expect(await people("export", "erin", "--out", file)).toContain(file);
  expect(readFileSync(file, "utf8")).toContain(BODY);
  expect(await admin(["export", "erin", "--out", file])).toMatchObject({
    code: 2,
    error: expect.stringContaining("EEXIST"),
  });
  expect(await people("export", "erin")).toBe(readFileSync(file, "utf8"));
  expect(readFileSync(file, "utf8")).toMatch(/\{"type":"end","lines":\d+\}\n$/);
  expect(existsSync(`${file}.part`)).toBe(false);
  expect(await json("export", "erin")).toMatchObject([{ type: "account" }, { type: "conversation" }, { body: BODY }]);
  expect(await json("erase", "erin", "--yes")).toEqual({ erased: "erin" });
  expect(await people("user", "erin")).toContain("was erased");
  expect(await admin(["resume", "erin"])).toMatchObject({ code: 1, error: expect.stringContaining("(erased)") });
});

/** A server that answers an export as it is told to. */
async function played(answer: (response: ServerResponse) => void): Promise<{ url: string; close: () => void }> {
  const playing = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "Content-Type": "application/jsonl" });
    answer(response);
  });
  await new Promise<void>((done) => playing.listen(0, "127.0.0.1", done));
  const close = () => {
    playing.closeAllConnections();
    playing.close();
  };
  return { url: `http://127.0.0.1:${(playing.address() as AddressInfo).port}`, close };
}

const LINE = `{"type":"account"}\n`;
const END = `{"type":"end","lines":1}\n`;

test.each([
  ["breaks off", (response: ServerResponse) => response.write(LINE, () => response.destroy()), /broke off/],
  ["ends before its last line", (response: ServerResponse) => response.end(LINE), /without its last line/],
  ["lacks a line", (response: ServerResponse) => response.end(END), /has 0 lines, and its last one says 1/],
  ["has half of its last line", (response: ServerResponse) => response.end(LINE + END.slice(0, -2)), /last line/],
])("an export that %s is an error with a sentence, and no file has its name", async (_, answer, told) => {
  const { url, close } = await played(answer);
  const file = join(mkdtempSync(join(tmpdir(), "restante-export-")), "erin.jsonl");
  for (const flags of [["--out", file], ["--json"], []]) {
    const { code, error } = await admin(["export", "erin", "--url", url, ...flags]);
    expect([code, /\n\s+at /.test(error)], error).toEqual([1, false]);
    expect(error).toMatch(told);
  }
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, true]);
  // The next try writes over what was left.
  close();
  const whole = await played((response) => response.end(LINE + END));
  expect(await admin(["export", "erin", "--url", whole.url, "--out", file])).toMatchObject({ code: 0 });
  expect([readFileSync(file, "utf8"), existsSync(`${file}.part`)]).toEqual([LINE + END, false]);
  whole.close();
});

test("an answer may take as long as it likes, while something comes; then it breaks off", async () => {
  const limits = { answerMs: 300, idleMs: 300 };
  // Each piece is sent when the last one was read: together they take longer than an answer may take to begin.
  let next: () => void = () => undefined;
  const { url, close } = await played((response) => {
    next = () => response.write(LINE);
    next();
  });
  const pieces = await new Deployment(url, "token", limits).stream("GET", "/export");
  const began = performance.now();
  const read = async () => {
    for await (const piece of pieces) {
      expect(piece.length).toBeGreaterThan(0);
      if (performance.now() - began < 2 * limits.answerMs) setTimeout(next, limits.idleMs / 3);
    }
  };
  await expect(read()).rejects.toThrow(TruncatedError);
  expect(performance.now() - began).toBeGreaterThan(2 * limits.answerMs);
  close();
});

test("a server that takes the question and never answers can't be reached", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const asked = new Deployment(url, "token", { answerMs: 100, idleMs: 100 }).request("GET", "/api/admin/stats");
  await expect(asked).rejects.toThrow(UnreachableError);
  silent.closeAllConnections();
  silent.close();
});

test("service accounts are created, listed, shown and revoked; one of scope admin operates", async () => {
  const created = (await json("service", "create", "grafana", "--scope", "admin", "--label", "dashboards")) as {
    token: string;
  };
  expect((await admin(["stats"], { RESTANTE_ADMIN_TOKEN: created.token })).code).toBe(0);
  const granted = await people("service", "grant", "grafana", "--scope", "send", "--scope", "read");
  expect(granted).toContain("for send, read");
  expect(await people("service", "list")).toMatch(/^grafana +2/m);
  expect(await json("service", "show", "grafana")).toMatchObject({
    tokens: [{ label: "dashboards", scopes: ["admin"] }, {}],
  });
  const [, token = ""] = /the token (\S+) for send, read/.exec(granted) ?? [];
  expect(await people("service", "revoke", "grafana", "--token", token)).toBe("revoked\n");
  expect(await json("service", "revoke", "grafana")).toEqual({ revoked: "grafana" });
  expect(await people("service", "list")).toBe("There are none.\n");
  expect((await admin(["stats"], { RESTANTE_ADMIN_TOKEN: created.token })).code).toBe(1);
  expect(await admin(["service", "create", "x y", "--scope", "send"])).toMatchObject({ code: 1 });
  expect(await admin(["service", "create", "bot", "--scope", "everything"])).toMatchObject({ code: 1 });
});

test("the log says which operator did what: by the secret, or by a service's token and its id", async () => {
  const bot = (await json("service", "create", "ops-bot", "--scope", "admin")) as { token: string; id: string };
  const asBot = { RESTANTE_ADMIN_TOKEN: bot.token };
  const frank = await open(server.url, "frank");
  frank.line.close();
  for (const verb of [["disconnect"], ["suspend", "--reason", BODY], ["resume"], ["export"], ["erase", "--yes"]]) {
    const [word = "", ...flags] = verb;
    expect((await admin([word, "frank", ...flags], asBot)).code, word).toBe(0);
  }
  const made = (await json("service", "create", "relay", "--scope", "send", "--scope", "read")) as { id: string };
  const more = (await json("service", "grant", "relay", "--scope", "send")) as { id: string };
  const hook = async (method: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return (await fetch(`${server.url}/api/admin/services/relay/webhook`, init)).status;
  };
  expect(await hook("PUT", { url: "https://hooks.example.com/secret-path?key=1" })).toBe(201);
  expect(await hook("DELETE")).toBe(204);
  await people("service", "revoke", "relay", "--token", more.id);
  await people("service", "revoke", "relay");
  // What was refused is no event.
  expect((await admin(["resume", "frank"])).code).toBe(1);
  const events = () =>
    server.output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ user, operator }) => (user === "frank" || user === "relay") && operator !== undefined)
      .map(({ at: _at, ...rest }) => rest);
  const frankly = { user: "frank", operator: "ops-bot", operatorToken: bot.id };
  const relay = { user: "relay", operator: "secret", operatorToken: null };
  await expect.poll(events).toEqual([
    { event: "disconnected", device: null, sockets: expect.any(Number), ...frankly },
    { event: "suspended", ...frankly },
    { event: "resumed", ...frankly },
    { event: "exported", ...frankly },
    { event: "erased", ...frankly },
    { event: "service_created", id: made.id, scopes: "send read", ...relay },
    { event: "service_token_granted", id: more.id, scopes: "send", ...relay },
    { event: "webhook_set", host: "hooks.example.com", ...relay },
    { event: "webhook_removed", ...relay },
    { event: "service_token_revoked", id: more.id, ...relay },
    { event: "service_revoked", ...relay },
  ]);
  for (const secret of [bot.token, ADMIN_TOKEN, "secret-path", BODY]) expect(server.output).not.toContain(secret);
});
