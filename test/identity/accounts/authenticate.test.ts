// Authentication comes first: before it no body is read, no key looked up and no mailbox woken. Every refusal is an
// attempt of its address, however many come at once. A good token and the operator's secret pass even when their
// address has no attempts left.
import { env, exports } from "cloudflare:workers";
import { createExecutionContext, listDurableObjectIds } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { readBody } from "../../../src/identity/request-body.ts";
import { hashOf, hashOfCode, newToken, normalizeCode } from "../../../src/identity/token.ts";
import { type Account, address, ask, claimed, closedWith, HOST, say } from "../../support/accounts.ts";
import { description, operations } from "../../support/description.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, service, verdict } from "../../support/operators.ts";

// Hundreds of requests, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

/** A body of 1 MB that counts the bytes that were read. */
function observed(): { readonly body: ReadableStream<Uint8Array>; readonly pulls: () => number } {
  let pulls = 0;
  const chunk = new TextEncoder().encode(`[${"0,".repeat(5_000)}`);
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    pulls++;
    if (pulls >= 100) controller.close();
    else controller.enqueue(chunk);
  };
  return { body: new ReadableStream({ pull }, { highWaterMark: 0 }), pulls: () => pulls };
}

/** A request with such a body, handed to the Worker itself: nothing on the way reads ahead. */
async function withBody(method: string, path: string, headers: Record<string, string>): Promise<[number, number]> {
  const { body, pulls } = observed();
  const request = new Request(`${HOST}${path}`, {
    method,
    headers: { "CF-Connecting-IP": address(), ...headers },
    body,
  });
  const { status } = await worker.fetch(request, env, createExecutionContext());
  return [status, pulls()];
}

/** A token of older code: of this form, and without the mark. */
const forged = (name: string) => newToken(name, null);

const bearer = (token: string, from: string) => ({ "CF-Connecting-IP": from, Authorization: `Bearer ${token}` });

/** An address that has no attempts left. */
async function usedUp(): Promise<string> {
  const from = address();
  for (let n = 0; n < 30; n++) await ask("/api/devices", { headers: bearer("wrong", from) });
  expect(await verdict(ask("/api/devices", { headers: bearer("wrong", from) }))).toEqual([429, "rate_limited"]);
  return from;
}

const devices = (token: string, from: string) => verdict(ask("/api/devices", { headers: bearer(token, from) }));

test("[H13] without a good token no route reads a body of 1 MB", async () => {
  const guarded = operations.filter(
    ({ method, security, body }) => security.length > 0 && (body !== null || method !== "GET"),
  );
  expect(guarded.length).toBeGreaterThan(15);
  for (const { name, method, path } of guarded.filter(({ method }) => method !== "GET")) {
    const there = path.replaceAll(/\{\w+\}/g, "alice");
    expect(await withBody(method, there, {}), name).toEqual([401, 0]);
    expect(await withBody(method, there, { Authorization: "Bearer wrong" }), name).toEqual([401, 0]);
  }
  expect(description.openapi).toBeDefined();
});

test("[H13] a large body is read only after the mailbox has confirmed the token", async () => {
  const alice = await claimed("alice");
  const account = vi.spyOn(Mailbox.prototype, "account");
  const bad = await forged(alice.userName);
  expect(await withBody("POST", "/api/messages", { Authorization: `Bearer ${bad}` })).toEqual([401, 0]);
  expect(account).toHaveBeenCalledTimes(1);
  const [status, pulls] = await withBody("POST", "/api/messages", { Authorization: `Bearer ${alice.token}` });
  expect([status, pulls > 90]).toEqual([400, true]);
  expect(account).toHaveBeenCalledTimes(2);
  account.mockRestore();
});

test("[H13] of a stranger's body more than 4,096 bytes are not read", async () => {
  const body = JSON.stringify({ userName: "x".repeat(5_000) });
  for (const path of ["/api/accounts", "/api/sign-in", "/api/sign-in/passkey/options"]) {
    expect(await verdict(say("POST", path, JSON.parse(body))), path).toEqual([413, "too_large"]);
    const [status, pulls] = await withBody("POST", path, {});
    expect([status, pulls], path).toEqual([413, 1]);
  }
});

test("[H13] a body in ten thousand pieces is decoded once", async () => {
  const decode = vi.spyOn(TextDecoder.prototype, "decode");
  let left = 10_000;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (left-- > 0) controller.enqueue(new Uint8Array([0x20]));
    else controller.close();
  };
  const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  const read = await readBody(new Request(HOST, { method: "POST", body }), 20_000);
  expect(read).toEqual({ text: " ".repeat(10_000) });
  expect(decode).toHaveBeenCalledTimes(1);
  decode.mockRestore();
});

test("[H13] a body that is cut off, shorter than announced, late or not UTF-8 is refused", async () => {
  const refused = { refused: { code: "bad_frame" } };
  const of = (body: BodyInit, headers: Record<string, string> = {}) =>
    new Request(HOST, { method: "POST", headers, body });
  const fails = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  expect(await readBody(of(fails), 100)).toMatchObject(refused);
  const short = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{}"));
      controller.close();
    },
  });
  expect(await readBody(of(short, { "Content-Length": "3" }), 100)).toMatchObject(refused);
  const cancel = vi.fn();
  const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined), cancel });
  expect(await readBody(of(silent), 100, 10)).toMatchObject(refused);
  expect(cancel).toHaveBeenCalledTimes(1);
  for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0xed, 0xa0, 0x80]]) {
    expect(await readBody(of(new Uint8Array(bytes)), 100)).toMatchObject(refused);
  }
  const alice = await claimed("alice");
  const init = { method: "POST", headers: bearer(alice.token, address()) };
  const body = new Uint8Array([...new TextEncoder().encode(`{"to":"${alice.userName}","body":"`), 0xff, 0x22, 0x7d]);
  expect(await verdict(ask("/api/messages", { ...init, body }))).toEqual([400, "bad_frame"]);
});

test("[H13] bodies that are cut off write one log line a minute", async () => {
  const lines = vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  const fails = () => new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  for (let n = 0; n < 10; n++) await readBody(new Request(HOST, { method: "POST", body: fails() }), 100);
  vi.useRealTimers();
  const written = lines.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('"body_lost"'));
  lines.mockRestore();
  expect(written).toHaveLength(1);
});

test("[H13] an array with too many elements is refused before any is parsed", async () => {
  const alice = await claimed("alice");
  const many = Array.from({ length: 4_097 }, () => 0);
  const response = await say("POST", "/api/messages", many, alice.token);
  expect(await response.json()).toMatchObject({ code: "bad_frame", message: expect.stringMatching(/4096/) });
});

test("[A9][A21] four hundred wrong tokens at once wake thirty mailboxes", async () => {
  const before = (await listDurableObjectIds(env.MAILBOX)).length;
  const from = address();
  const tokens = await Promise.all(Array.from({ length: 400 }, () => forged(fresh("victim"))));
  const answers = await Promise.all(tokens.map((token) => devices(token, from)));
  const of = (status: number) => answers.filter(([one]) => one === status).length;
  expect([of(401), of(429)]).toEqual([30, 370]);
  expect((await listDurableObjectIds(env.MAILBOX)).length - before).toBe(30);
});

test("[A20] a good token passes from an address without attempts left, also when it is new to the server", async () => {
  const [alice, bob] = [await claimed("alice"), await claimed("bob")];
  const from = await usedUp();
  for (const { token } of [alice, bob]) expect(await devices(token, from)).toEqual([200, undefined]);
  const { token, userName } = await service("shop", "read");
  const account = await ask("/api/account", { headers: bearer(token, from) });
  expect(await account.json()).toMatchObject({ userName });
  expect((await listDurableObjectIds(env.REGISTRY)).length).toBeGreaterThan(0);
});

test("[A20] a token without the mark works; it costs no attempt, but its address must have one left", async () => {
  const alice = await claimed("alice");
  const old = await unmarked(alice);
  const from = address();
  for (let n = 0; n < 40; n++) expect(await devices(old, from)).toEqual([200, undefined]);
  const other = await unmarked(await claimed("bob"));
  const full = await usedUp();
  expect(await devices(other, full)).toEqual([429, "rate_limited"]);
  expect(await devices(other, address())).toEqual([200, undefined]);
  // After its first success the token is known.
  expect(await devices(other, full)).toEqual([200, undefined]);
});

test("[A20] the mark of another token or another secret is not valid", async () => {
  const [alice, from] = [await claimed("alice"), await usedUp()];
  const [prefix, name = "", secret = ""] = alice.token.split(".");
  const asked = vi.spyOn(Mailbox.prototype, "devices");
  const flipped = `${secret.slice(0, 20)}${secret[20] === "A" ? "B" : "A"}${secret.slice(21)}`;
  const [, other = ""] = (await claimed("bob")).token.split(".");
  for (const token of [
    `${prefix}.${name}.${flipped}`,
    `${prefix}.${other}.${secret}`,
    `${prefix}.${name}.${secret}A`,
  ]) {
    expect(await devices(token, from), token).toEqual([429, "rate_limited"]);
  }
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
});

test("[A21] a revoked token is an attempt each time, and beyond the limit wakes no mailbox", async () => {
  const alice = await claimed("alice");
  expect((await say("POST", "/api/sign-out", undefined, alice.token)).status).toBe(204);
  const asked = vi.spyOn(Mailbox.prototype, "devices");
  const from = address();
  const answers = [];
  for (let n = 0; n < 60; n++) answers.push((await devices(alice.token, from))[0]);
  expect(new Set(answers.slice(0, 30))).toEqual(new Set([401]));
  expect(new Set(answers.slice(30))).toEqual(new Set([429]));
  expect(asked).toHaveBeenCalledTimes(30);
  asked.mockRestore();
});

test("[A21] requests to erased and service mailboxes are limited too", async () => {
  const [alice, shop] = [await claimed("alice"), await service("shop", "read")];
  await say("DELETE", "/api/account", undefined, alice.token);
  for (const name of [alice.userName, shop.userName]) {
    const from = address();
    const answers = [];
    for (let n = 0; n < 60; n++) answers.push((await devices(await forged(name), from))[0]);
    expect(new Set(answers.slice(0, 30)), name).toEqual(new Set([403]));
    expect(new Set(answers.slice(30)), name).toEqual(new Set([429]));
  }
});

test("[A21] a good token without the permission is no attempt", async () => {
  const shop = await service("shop", "read");
  const from = address();
  const read = () => verdict(ask("/api/account", { headers: bearer(shop.token, from) }));
  const write = () =>
    verdict(ask("/api/messages", { method: "POST", headers: bearer(shop.token, from), body: '{"to":"bob","body":1}' }));
  expect(await read()).toEqual([200, undefined]);
  for (let n = 0; n < 40; n++) expect(await write()).toEqual([403, "forbidden"]);
  expect(await read()).toEqual([200, undefined]);
  const alice = await claimed("alice");
  for (let n = 0; n < 40; n++) {
    const init = { method: "DELETE", headers: bearer(alice.token, from) };
    expect(await verdict(ask("/api/devices/nowhere", init))).toEqual([404, "not_found"]);
  }
});

test("[A21] a request for somebody else's mailbox is an attempt", async () => {
  const [alice, from] = [await claimed("alice"), address()];
  const codes = [];
  for (let n = 0; n < 30; n++) {
    codes.push(
      await closedWith("bob", { "CF-Connecting-IP": from, Authorization: `Bearer ${await forged(alice.userName)}` }),
    );
  }
  expect(new Set(codes)).toEqual(new Set([4403]));
  expect(await devices(await forged(alice.userName), from)).toEqual([429, "rate_limited"]);
});

test("[B2] the operator's secret is checked before the limit, and a wrong one is an attempt", async () => {
  const stats = (token: string, from: string) =>
    verdict(ask("/api/metrics", { headers: bearer(token, from) }).then(plain));
  const from = address();
  const wrong = "x".repeat(40);
  for (let n = 0; n < 30; n++) expect(await stats(wrong, from)).toEqual([401, "unauthorized"]);
  expect(await stats(wrong, from)).toEqual([429, "rate_limited"]);
  expect(await stats(ADMIN, from)).toEqual([200, null]);
  const { token } = await service("grafana", "admin");
  expect(await stats(token, from)).toEqual([200, null]);
});

test("[A9] all addresses of one /64 share the attempts, in every spelling", async () => {
  const answers = [];
  for (let n = 0; n < 40; n++) answers.push((await devices("wrong", `2001:db8::${n.toString(16)}`))[0]);
  expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
});

test("[A9] the log has the network of an attempt, and no token", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const token = await forged(fresh("alice"));
  for (let n = 0; n < 40; n++) await devices(token, "192.0.2.77");
  const lines = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  const events = lines.map((line) => JSON.parse(line) as { event: string; network?: string });
  const own = events.filter(({ network }) => network === "192.0.2.0/24").map(({ event }) => event);
  expect([...new Set(own)]).toEqual(["token_refused", "attempts_exhausted"]);
  // One line of each kind; two if the minute of the log ended meanwhile.
  expect(own.length).toBeLessThanOrEqual(4);
  expect(lines.join("\n")).not.toContain(token.split(".")[2]);
  expect(lines.join("\n")).not.toContain("192.0.2.77");
});

test("[D7] an address is refused with a close code thirty times a minute, then with a status", async () => {
  const from = address();
  const statuses = [];
  for (let n = 0; n < 40; n++) {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "restante.v1", "CF-Connecting-IP": from };
    const response = await exports.default.fetch(new Request(`${HOST}/client/%20?device=d`, { headers }));
    response.webSocket?.accept();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([...new Array<number>(30).fill(101), ...new Array<number>(10).fill(400)]);
});

/** The response, without the body of a success: that need not be JSON. */
async function plain(response: Response): Promise<Response> {
  return response.ok ? new Response("", { status: response.status }) : response;
}

/** A token of the account, made by older code. */
async function unmarked({ userName, token }: Account): Promise<string> {
  const { code } = await (await say("POST", "/api/link-codes", undefined, token)).json<{ code: string }>();
  const random = await forged(userName);
  const hash = await hashOf(random);
  const of = await hashOfCode(userName, normalizeCode(code));
  await env.MAILBOX.getByName(userName).link(userName, of, { hash, label: "old" });
  return random;
}
