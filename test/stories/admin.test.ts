// The operator's command against a running deployment: every verb, in readable form and as JSON, with its exit codes.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_TOKEN, AdminCommand } from "../support/admin-command.ts";
import { open } from "../support/tcp-devices.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const BODY = "nobody-else-is-to-read-this";

let server: Server;
const command = new AdminCommand(() => server.url);

beforeAll(async () => {
  server = await startServer({ ...OPEN, ADMIN_TOKEN });
});

afterAll(() => server?.stop());

test("the help names every verb, the token and the exit codes, and each verb has its own help", async () => {
  const { code, out } = await command.run(["--help"], { RESTANTE_ADMIN_TOKEN: "" });
  expect(code).toBe(0);
  for (const word of ["RESTANTE_ADMIN_TOKEN", "--url", "--json", "Exit codes"]) expect(out).toContain(word);
  const verbs = [...out.matchAll(/^ {2}((?:(?:service|report) )?[a-z][a-z-]*)(?: [A-Z]+)* {2,}/gm)].map(
    (match) => match[1] ?? "",
  );
  const all =
    "stats,user,disconnect,suspend,resume,quotas,trace,export,restore,erase,audit,users,export-all,reports,report show,report resolve,service create,service grant,service list,service show,service revoke";
  expect(verbs.join()).toBe(all);
  for (const verb of verbs) {
    const own = await command.run([...verb.split(" "), "--help"], { RESTANTE_ADMIN_TOKEN: "" });
    expect([own.code, own.out.startsWith(`npm run admin -- ${verb}`)], verb).toEqual([0, true]);
  }
});

test("the exit code is 2 for wrong usage, 1 for a refusal of the server, and 3 for an unreachable server", async () => {
  for (const [args, message] of [
    [["frob"], /no verb "frob"/],
    [["user"], /user takes NAME/],
    [["stats", "now"], /stats takes nothing/],
    [["user", "a", "--frob"], /--frob/],
    [["trace", "a", "first"], /SEQ is a number/],
    [["erase", "a"], /--yes/],
    [["restore", "a", "--to", "yesterday"], /--to yesterday/],
    [["service", "create", "bot"], /--scope/],
    [["audit", "--since", "yesterday"], /--since yesterday/],
    [["suspend", "a", "--for", "long"], /--for long/],
    [["suspend", "a", "--until", "tomorrow"], /--until tomorrow/],
    [["quotas", "a", "--set", "SOCKETS"], /--set SOCKETS/],
    [["audit", "--last", "0"], /--last/],
    [["stats", "--url", "ftp://x"], /--url ftp:/],
    [["trace", "a", "1", "--logs", "/no/such/file"], /./],
  ] as const) {
    const { code, error, out } = await command.run(args);
    expect([code === 2 || code === 1, out], args.join(" ")).toEqual([true, ""]);
    expect(error).toMatch(message);
    expect(error).not.toMatch(/\n\s+at /);
  }
  expect(await command.run(["stats"], { RESTANTE_ADMIN_TOKEN: "" })).toMatchObject({ code: 2 });
  const wrong = await command.run(["stats"], { RESTANTE_ADMIN_TOKEN: "x".repeat(40) });
  expect(wrong).toMatchObject({ code: 1, error: expect.stringContaining("(unauthorized)") });
  expect(await command.run(["user", "-x"])).toMatchObject({ code: 2 });
  expect(await command.run(["suspend", "nobody-yet"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("(unknown_receiver)"),
  });
  const away = await command.run(["stats", "--url", "http://127.0.0.1:9"]);
  expect(away).toMatchObject({ code: 3, error: expect.stringContaining("can't be reached") });
});

test("stats and user show figures and devices, and no message", async () => {
  const [alice, bob] = [await open(server.url, "alice"), await open(server.url, "bob", "laptop")];
  alice.send({ type: "send", id: 1, to: "bob", body: BODY });
  await alice.until("accepted");
  const { seq } = await bob.until("message");
  bob.ack(seq);
  await alice.mark("delivered");
  const stats = await command.text("stats");
  expect(stats).toMatch(/^users online {2,}2$/m);
  expect(stats).toMatch(/^stored {2,}1$/m);
  expect(stats).toContain("From accepted to stored");
  expect(await command.json("stats")).toMatchObject({
    online: { users: 2, sockets: 2 },
    figures: { accepted: 1, stored: 1 },
  });
  const user = await command.text("user", "bob");
  expect(user).toMatch(/^laptop +online/m);
  expect(await command.json("user", "BOB")).toMatchObject({
    userName: "bob",
    is: "user",
    devices: [{ device: "laptop", behind: 0 }],
  });
  expect(user + stats + JSON.stringify(await command.json("user", "bob"))).not.toContain(BODY);
  const nobody = await command.run(["user", "nobody-yet"]);
  expect(nobody).toMatchObject({ code: 1, out: "", error: expect.stringContaining("There is no mailbox nobody-yet") });
  const value = await command.run(["user", "nobody-yet", "--json"]);
  expect([value.code, JSON.parse(value.out)]).toMatchObject([1, { is: "nobody" }]);
  alice.socket.close();
  bob.socket.close();
});

test("trace shows the states of a message, and with the server's log its delivery attempts", async () => {
  const carol = await open(server.url, "carol");
  carol.send({ type: "send", id: 1, to: "dave", body: BODY });
  const entry = String((await carol.until("accepted"))["entry"]);
  const dave = await open(server.url, "dave", "tablet");
  const { seq, origin } = await dave.until("message");
  dave.ack(seq);
  await carol.mark("delivered");
  const text = await command.text("trace", "carol", entry);
  expect(text).toMatch(/^carol → dave, 29 B: delivered$/m);
  expect(text).toMatch(/^accepted +yes +2\d{3}-.* by device phone, id 1$/m);
  expect(text).toMatch(/^delivered +yes .*tablet has it, online$/m);
  expect(text).not.toContain(BODY);
  const log = join(mkdtempSync(join(tmpdir(), "restante-log-")), "server.log");
  const failed = { event: "deliver_failed", at: Date.now(), user: "carol", to: "dave", owed: 1, reason: "no answer" };
  const pushed = { event: "push_sent", at: Date.now() + 1, user: "dave" };
  const tail = { logs: [{ message: [JSON.stringify(pushed)], timestamp: pushed.at }], outcome: "ok" };
  const other = { ...failed, to: "erin" };
  const lines = [
    ...server.output.split("\n"),
    JSON.stringify(failed),
    JSON.stringify(other),
    JSON.stringify(tail),
    "{ not JSON",
  ];
  writeFileSync(log, lines.join("\n"));
  const found = (await command.json("trace", "dave", String(seq), "--logs", log)) as {
    logs: { event: string; to?: string }[];
  };
  expect(found).toMatchObject({ from: "carol", to: "dave", state: "delivered", author: { message: { seq: origin } } });
  const events = found.logs.map(({ event }) => event);
  for (const event of ["connect", "deliver_failed", "push_sent"]) expect(events).toContain(event);
  expect(found.logs.filter(({ to }) => to === "erin")).toEqual([]);
  expect(await command.text("trace", "dave", String(seq), "--logs", log)).toMatch(
    /In the log[\s\S]*deliver_failed +to=dave owed=1/,
  );
  expect(await command.run(["trace", "carol", "7"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("(not_found)"),
  });
});

test("disconnect, suspend, resume, export and erase take effect and report it", async () => {
  const erin = await open(server.url, "erin");
  erin.send({ type: "send", id: 1, to: "erin", body: BODY });
  await erin.until("accepted");
  expect(await command.text("disconnect", "erin", "--device", "no-such")).toBe("0 closed\n");
  expect(await command.text("disconnect", "erin")).toBe("1 closed\n");
  expect(await erin.until("closing")).toMatchObject({ code: 1012 });
  expect(await command.text("suspend", "erin", "--reason", "spam")).toContain("erin is suspended since 2");
  expect(await command.text("user", "erin")).toMatch(/^suspended +since .*: spam$/m);
  await expect(open(server.url, "erin")).rejects.toThrow();
  expect(await command.json("resume", "erin")).toEqual({ suspended: null });
  await open(server.url, "erin");
  const file = join(mkdtempSync(join(tmpdir(), "restante-export-")), "erin.jsonl");
  expect(await command.text("export", "erin", "--out", file)).toContain(file);
  expect(readFileSync(file, "utf8")).toContain(BODY);
  expect(await command.run(["export", "erin", "--out", file])).toMatchObject({
    code: 2,
    error: expect.stringContaining("EEXIST"),
  });
  expect(await command.text("export", "erin")).toBe(readFileSync(file, "utf8"));
  expect(readFileSync(file, "utf8")).toMatch(/\{"type":"end","lines":\d+\}\n$/);
  expect(existsSync(`${file}.part`)).toBe(false);
  expect(await command.json("export", "erin")).toMatchObject([
    { type: "account" },
    { type: "conversation" },
    { body: BODY },
  ]);
  expect(await command.json("erase", "erin", "--yes")).toEqual({ erased: "erin" });
  expect(await command.text("user", "erin")).toContain("was erased");
  expect(await command.run(["resume", "erin"])).toMatchObject({ code: 1, error: expect.stringContaining("(erased)") });
});

test("audit shows who did what to whom, who looked, and where wrong tokens came from", async () => {
  const boss = (await command.json("service", "create", "boss", "--scope", "admin")) as { token: string; id: string };
  await open(server.url, "frank");
  await command.run(["suspend", "frank", "--reason", "spam"], { RESTANTE_ADMIN_TOKEN: boss.token });
  await command.text("resume", "frank");
  await command.text("user", "frank");
  await command.run(["stats"], { RESTANTE_ADMIN_TOKEN: "x".repeat(40) });
  const text = await command.text("audit", "--user", "frank", "--since", "1h");
  expect(text).toMatch(
    new RegExp(
      `boss ${boss.id} +127\\.0\\.0\\.0/24 +suspend +frank +done +\\{"reason":"spam"\\}\n.*secret .*resume +frank +done`,
    ),
  );
  expect(await command.json("audit", "--operator", "boss")).toMatchObject([{ action: "suspend", user: "frank" }]);
  expect(await command.json("audit", "--user", "frank", "--last", "1")).toMatchObject([{ action: "resume" }]);
  expect(await command.text("audit", "--looks", "--user", "frank")).toMatch(/secret +127.* look +frank/);
  expect(await command.text("audit", "--attempts")).toMatch(/^127\.0\.0\.0\/24 +\d+ .*unauthorized$/m);
  expect(await command.text("audit", "--user", "nobody-else")).toBe("There are none.\n");
  await command.text("service", "revoke", "boss");
});

test("service accounts are created, listed, shown and revoked, and one of scope admin may operate", async () => {
  const created = (await command.json("service", "create", "grafana", "--scope", "admin", "--label", "dashboards")) as {
    token: string;
  };
  expect((await command.run(["stats"], { RESTANTE_ADMIN_TOKEN: created.token })).code).toBe(0);
  const granted = await command.text("service", "grant", "grafana", "--scope", "send", "--scope", "read");
  expect(granted).toContain("for send, read");
  expect(await command.text("service", "list")).toMatch(/^grafana +2/m);
  expect(await command.json("service", "show", "grafana")).toMatchObject({
    tokens: [{ label: "dashboards", scopes: ["admin"] }, {}],
  });
  const [, token = ""] = /the token (\S+) for send, read/.exec(granted) ?? [];
  expect(await command.text("service", "revoke", "grafana", "--token", token)).toBe("revoked\n");
  expect(await command.json("service", "revoke", "grafana")).toEqual({ revoked: "grafana" });
  expect(await command.text("service", "list")).toBe("There are none.\n");
  expect((await command.run(["stats"], { RESTANTE_ADMIN_TOKEN: created.token })).code).toBe(1);
  expect(await command.run(["service", "create", "x y", "--scope", "send"])).toMatchObject({ code: 1 });
  expect(await command.run(["service", "create", "bot", "--scope", "everything"])).toMatchObject({ code: 2 });
});
