// What an operator inspects and changes of a user, in `open` mode.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { restoreStorage } from "../../src/mailbox/admin/restore.ts";
import type { MailboxOverview, Trace } from "../../src/protocol/operator-orders.ts";
import { fetchWorker, callApi } from "../support/accounts.ts";
import { fresh, open, plain } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";
import { ADMIN, createService, statusAndCode } from "../support/operators.ts";

const at = (name: string, rest = "") => `/api/admin/users/${encodeURIComponent(name)}${rest}`;
const operate = (method: string, path: string, body?: unknown) => callApi(method, path, body, ADMIN);

async function look(name: string): Promise<MailboxOverview> {
  const response = await operate("GET", at(name));
  expect(response.status).toBe(200);
  return response.json();
}

async function traced(name: string, seq: unknown): Promise<Trace> {
  const response = await operate("GET", at(name, `/messages/${String(seq)}`));
  expect(response.status, await response.clone().text()).toBe(200);
  return response.json();
}

const SECRET = "nobody-else-is-to-read-this";

test("every operator route is closed to everybody else", async () => {
  const { token } = await createService("bot", "send", "read");
  const routes = [
    ["GET", "/api/metrics"],
    ["GET", "/api/admin/stats"],
    ["GET", "/api/admin/audit"],
    ["GET", "/api/admin/users"],
    ["GET", "/api/admin/reports"],
    ["GET", "/api/admin/reports/1"],
    ["PUT", "/api/admin/reports/1/resolution"],
    ["GET", at("alice")],
    ["POST", at("alice", "/disconnect")],
    ["PUT", at("alice", "/suspension")],
    ["DELETE", at("alice", "/suspension")],
    ["PATCH", at("alice", "/quotas")],
    ["GET", at("alice", "/messages/1")],
    ["GET", at("alice", "/export")],
    ["POST", at("alice", "/restore")],
    ["DELETE", at("alice")],
  ] as const;
  for (const [method, path] of routes) {
    expect(await statusAndCode(fetchWorker(path, { method })), path).toEqual([401, "unauthorized"]);
    const body = method === "GET" ? undefined : {};
    expect(await statusAndCode(callApi(method, path, body, "x".repeat(40))), path).toEqual([401, "unauthorized"]);
    expect(await statusAndCode(callApi(method, path, body, token)), path).toEqual([403, "forbidden"]);
  }
});

test("[X2] an inspection shows the state of a mailbox, and no content", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a, "phone"), await open(b, "laptop")];
  alice.send({ type: "send", id: 1, to: b, body: SECRET }, { type: "send", id: 2, to: b, body: { [SECRET]: 1 } });
  await alice.take("accepted", 2);
  const [first] = await bob.take("message", 2);
  bob.ack(first?.["seq"]);
  await bob.settled();
  const seen = await look(b);
  expect(seen).toMatchObject({ userName: b, is: "user", suspended: null, unseen: 1, owing: [], alarm: null });
  expect(seen.sizes).toMatchObject({ entries: 2, conversations: 1 });
  expect(seen.sizes.bytes).toBeGreaterThan(4_000);
  expect(seen.devices).toMatchObject([{ device: "laptop", cursor: first?.["seq"], behind: 1, online: true, seen: 0 }]);
  expect(seen.sockets).toMatchObject([{ device: "laptop", dialect: "restante.v1", position: seen.head }]);
  expect(JSON.stringify([seen, await look(a)])).not.toContain(SECRET);
});

test("[X2] inspecting an unused name writes nothing, and no order works on it", async () => {
  const name = fresh("nobody");
  expect(await look(name)).toMatchObject({ is: "nobody", head: 0, sizes: { entries: 0 }, devices: [] });
  for (const [method, path, body] of [
    ["POST", "/disconnect", {}],
    ["PUT", "/suspension", {}],
    ["DELETE", "/suspension"],
    ["PATCH", "/quotas", { SOCKETS: 1 }],
    ["GET", "/messages/1"],
    ["GET", "/export"],
    ["DELETE", ""],
  ] as const) {
    expect(await statusAndCode(operate(method, at(name, path), body)), path).toEqual([404, "unknown_receiver"]);
  }
  const tables = await runInDurableObject(env.MAILBOX.getByName(name), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
});

test("wrong input is refused with the name of the field, and changes nothing", async () => {
  const name = fresh("alice");
  await open(name);
  const long = "x".repeat(501);
  for (const [method, path, body, expected] of [
    ["GET", at("-x"), undefined, { code: "bad_name", field: "userName" }],
    ["GET", at(name, "/messages/first"), undefined, { code: "bad_query", field: "seq" }],
    ["POST", at(name, "/disconnect"), { device: 7 }, { code: "bad_frame", field: "device" }],
    ["POST", at(name, "/disconnect"), { devices: "x" }, { code: "bad_frame", field: "devices" }],
    ["PUT", at(name, "/suspension"), { reason: long }, { code: "bad_frame", field: "reason" }],
    ["PUT", at(name, "/suspension"), [], { code: "bad_frame" }],
    ["PUT", at(name, "/suspension"), { until: Date.now() - 1 }, { code: "bad_frame", field: "until" }],
    ["PATCH", at(name, "/quotas"), { SOCKETS: 0 }, { code: "bad_frame", field: "SOCKETS" }],
    ["PATCH", at(name, "/quotas"), { SOCKETS: 1_000_000_001 }, { code: "bad_frame", field: "SOCKETS" }],
    ["PATCH", at(name, "/quotas"), { ATTEMPTS_PER_MINUTE: 1 }, { code: "bad_frame", field: "ATTEMPTS_PER_MINUTE" }],
  ] as const) {
    const response = await operate(method, path, body);
    expect(response.headers.get("Content-Type"), path).toBe("application/problem+json");
    expect(await response.json(), path).toMatchObject(expected);
  }
  expect(await look(name)).toMatchObject({ suspended: null, sockets: [{ device: "phone" }] });
});

test("[X3] disconnect closes the sockets of one device or all, and they may reconnect", async () => {
  const name = fresh("alice");
  const [phone, laptop] = [await open(name, "phone"), await open(name, "laptop")];
  expect(await (await operate("POST", at(name, "/disconnect"), { device: "phone" })).json()).toEqual({ closed: 1 });
  expect(await phone.until("closing")).toMatchObject({ code: 1012 });
  expect(await laptop.settled()).toEqual([]);
  const again = await open(name, "phone");
  expect(await (await operate("POST", at(name, "/disconnect"), {})).json()).toEqual({ closed: 2 });
  await Promise.all([again, laptop].map((device) => device.until("closing")));
  expect((await look(name)).sockets).toEqual([]);
});

test("[X1] a suspended user is locked out until an operator resumes them, and loses nothing", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob, page] = [await open(a), await open(b), await plain(a)];
  bob.send({ type: "send", id: 1, to: a, body: "before" });
  await bob.until("accepted");
  await alice.until("message");
  await nextFrame(page);
  const suspended = await operate("PUT", at(a, "/suspension"), { reason: "spam" });
  expect(await suspended.clone().json()).toMatchObject({ reason: "spam", at: expect.any(Number) });
  expect(await alice.until("closing")).toMatchObject({ code: 4403, message: expect.stringContaining("suspended") });
  expect(await nextFrame(page)).toMatchObject({ sender: "system", code: "suspended" });
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "close" });
  await expect(open(a)).rejects.toThrow("welcome");
  expect(await statusAndCode(callApi("POST", `/api/messages?user=${a}`, { to: b, body: "hi" }))).toEqual([
    403,
    "suspended",
  ]);
  expect(await statusAndCode(fetchWorker(`/api/conversations?user=${a}`))).toEqual([403, "suspended"]);
  bob.send({ type: "send", id: 2, to: a, body: "during" });
  expect(await bob.until("failed")).toMatchObject({ code: "declined" });
  expect(await look(a)).toMatchObject({ suspended: { reason: "spam" }, sockets: [] });
  // Repeating it replaces the reason, if there is one; resuming a user who is not suspended changes nothing.
  for (const [body, reason] of [
    [{}, "spam"],
    [{ reason: "scam" }, "scam"],
  ] as const) {
    const again = await (await operate("PUT", at(a, "/suspension"), body)).json();
    expect(again).toEqual({ at: ((await suspended.clone().json()) as { at: number }).at, reason, until: null });
  }
  for (let n = 0; n < 2; n++) expect((await operate("DELETE", at(a, "/suspension"))).status).toBe(204);
  bob.send({ type: "send", id: 3, to: a, body: "after" });
  const back = await open(a, "other");
  expect((await back.take("message", 2)).map(({ body }) => body)).toEqual(["before", "after"]);
  expect(await look(a)).toMatchObject({ suspended: null });
});

test("a message is traced from either end: queued, stored, delivered, read", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a, "phone");
  alice.send({ type: "send", id: 1, to: b, body: SECRET });
  const { entry, at: time } = await alice.until("accepted");
  const stored = await traced(a, entry);
  expect(stored).toMatchObject({
    from: a,
    to: b,
    state: "stored",
    code: null,
    author: { userName: a, message: { seq: entry, at: time, kind: "out", device: "phone", id: 1 }, owed: false },
    receiver: { userName: b, message: { kind: "in", origin: entry, bytes: SECRET.length + 2 }, devices: [] },
  });
  const bob = await open(b, "laptop");
  const { seq } = await bob.until("message");
  bob.ack(seq);
  await alice.mark("delivered");
  expect(await traced(b, seq)).toMatchObject({
    state: "delivered",
    receiver: { devices: [{ device: "laptop", behind: 0 }] },
  });
  bob.send({ type: "read", peer: a, seq });
  await alice.mark("read");
  const both = [await traced(a, entry), await traced(b, seq)];
  expect(both[0]).toEqual(both[1]);
  expect(both[0]).toMatchObject({ state: "read" });
  expect(JSON.stringify([stored, both])).not.toContain(SECRET);
});

test("[X2] a removed message is traced from its receiver, and is gone where its author removed it", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "send", id: 1, to: b, body: SECRET });
  const { entry } = await alice.until("accepted");
  const { seq } = await bob.until("message");
  const remove = (user: string, path: string) => callApi("DELETE", `/api/conversations/${path}?user=${user}`);
  expect((await remove(b, `${a}/messages/${String(seq)}`)).status).toBe(204);
  const trace = { from: a, to: b, state: "stored", receiver: { message: { kind: "removed", origin: entry } } };
  expect(await traced(b, seq)).toMatchObject({ ...trace, author: { message: { kind: "out" } } });
  expect(await traced(a, entry)).toMatchObject(trace);
  expect((await remove(a, b)).status).toBe(204);
  expect(await traced(b, seq)).toMatchObject({ ...trace, author: { message: { kind: "removed" } } });
  expect(await statusAndCode(operate("GET", at(a, `/messages/${String(entry)}`)))).toEqual([410, "gone"]);
});

test("the trace of a queued message has its next attempt, that of a failed one its code", async () => {
  const [a, b, c] = [fresh("alice"), fresh("bob"), fresh("carol")];
  const alice = await open(a);
  await runInDurableObject(env.MAILBOX.getByName(b), (mailbox) => {
    Object.assign(mailbox, { deliver: () => Promise.reject(new Error("not to be reached")) });
  });
  alice.send({ type: "send", id: 1, to: b, body: "hi" });
  const { entry } = await alice.until("accepted");
  expect(await traced(a, entry)).toMatchObject({
    state: "queued",
    author: { owed: true, alarm: expect.any(Number) },
    receiver: null,
  });
  expect(await look(a)).toMatchObject({ owing: [{ peer: b, messages: 1 }] });
  await open(c);
  await operate("PUT", at(c, "/suspension"), {});
  alice.send({ type: "send", id: 2, to: c, body: "hi" });
  const failed = await alice.until("failed");
  const one = await traced(a, failed["of"]);
  expect(one).toMatchObject({ state: "failed", code: "declined", receiver: { message: null, suspended: true } });
  expect(await traced(a, failed["seq"])).toEqual(one);
  expect(await statusAndCode(operate("GET", at(a, "/messages/77")))).toEqual([404, "not_found"]);
});

test("[X4] an operator exports a user, and erases them for good", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  alice.send({ type: "send", id: 1, to: b, body: "hello" });
  await alice.until("accepted");
  const response = await operate("GET", at(a, "/export"));
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/jsonl"]);
  const lines = (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ type }) => type)).toEqual(["account", "conversation", "message", "end"]);
  expect((await operate("DELETE", at(a))).status).toBe(204);
  expect(await alice.until("closing")).toMatchObject({ code: 4403 });
  expect(await look(a)).toMatchObject({ is: "erased", sizes: { entries: 0 } });
  expect(await statusAndCode(operate("DELETE", at(a)))).toEqual([403, "erased"]);
  expect(await statusAndCode(operate("PUT", at(a, "/suspension"), {}))).toEqual([403, "erased"]);
});

test("a mailbox is restored by the platform; without stored earlier states nothing happens", async () => {
  const name = fresh("alice");
  const alice = await open(name);
  expect(await statusAndCode(operate("POST", at(name, "/restore"), { at: Date.now() - 1_000 }))).toEqual([
    404,
    "not_found",
  ]);
  expect(await statusAndCode(operate("POST", at(name, "/restore"), { at: "now" }))).toEqual([400, "bad_frame"]);
  expect(await statusAndCode(operate("POST", at(fresh("nobody"), "/restore"), { at: 1 }))).toEqual([
    404,
    "unknown_receiver",
  ]);
  expect(await alice.settled()).toEqual([]);
  const asked: unknown[] = [];
  const keeps = {
    getBookmarkForTime: (time: number | Date) => Promise.resolve(`at ${Number(time)}`),
    onNextSessionRestoreBookmark: (bookmark: string) => {
      asked.push(bookmark);
      return Promise.resolve("before");
    },
  };
  const restarted = new Promise<void>((done) => {
    void restoreStorage(keeps, 77, done, name).then((answer) => asked.push(answer));
  });
  await restarted;
  expect(asked).toEqual(["at 77", { value: { undo: "before" } }]);
  const none = { ...keeps, getBookmarkForTime: () => Promise.reject(new Error("too long ago")) };
  const refused = { code: "not_found", message: "There is nothing at this address: nothing is kept of that time." };
  expect(await restoreStorage(none, 77, () => undefined, name)).toEqual({ refused });
});

test("an erased service is no longer listed", async () => {
  const { userName } = await createService("bot", "send");
  expect((await operate("DELETE", at(userName))).status).toBe(204);
  const { services } = (await (await operate("GET", "/api/admin/services")).json()) as {
    services: { userName: string }[];
  };
  expect(services.map((one) => one.userName)).not.toContain(userName);
});
