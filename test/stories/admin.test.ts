// The operator's command against a running deployment, as it is used: every verb, for people and for machines, with its exit codes.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  expect(await people("user", "nobody-yet")).toContain("is nobody");
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
  expect(await json("erase", "erin", "--yes")).toEqual({ erased: "erin" });
  expect(await people("user", "erin")).toContain("was erased");
  expect(await admin(["resume", "erin"])).toMatchObject({ code: 1, error: expect.stringContaining("(erased)") });
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
