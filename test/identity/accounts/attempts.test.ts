// Attempts of an address: every refused token or code is one, however many come at once. Beyond thirty a minute no
// mailbox is woken.
import { env, exports } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { unusedAddress, fetchWorker, claimAccount, closeCodeOf, HOST, callApi } from "../../support/accounts.ts";
import { bearer, listDevices, unmarkedToken } from "../../support/attempts.ts";
import { fresh, socketOf, upgrade } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";
import { createService, statusAndCode } from "../../support/operators.ts";

test("[A9] an address has a limited number of attempts a minute; a right token costs none", async () => {
  const alice = await claimAccount("alice");
  const headers = { "CF-Connecting-IP": "203.0.113.7" };
  const guess = () =>
    fetchWorker("/api/sign-in", {
      method: "POST",
      headers,
      body: JSON.stringify({ userName: alice.userName, code: "1".repeat(24) }),
    });
  const known = { ...headers, Authorization: `Bearer ${alice.token}` };
  for (let i = 0; i < 40; i++) expect((await fetchWorker("/api/devices", { headers: known })).status).toBe(200);
  const answers = [];
  for (let i = 0; i < 31; i++) answers.push((await guess()).status);
  expect(answers[0]).toBe(401);
  expect(answers.at(-1)).toBe(429);
  expect((await fetchWorker("/api/devices", { headers: known })).status).toBe(200);
  const late = await fetchWorker("/api/devices", { headers: { ...headers, Authorization: "Bearer wrong" } });
  expect(late.status).toBe(429);
  expect(Number(late.headers.get("Retry-After"))).toBeLessThanOrEqual(60);
  const line = socketOf(await upgrade(`/client/${alice.userName}?device=d`, "restante.v1, bearer.wrong", headers));
  expect(await nextFrame(line)).toMatchObject({ type: "closing", code: 4429, retryAfter: expect.any(Number) });
});

test("[A9][A21] four hundred wrong tokens at once wake thirty mailboxes", async () => {
  const before = (await listDurableObjectIds(env.MAILBOX)).length;
  const from = unusedAddress();
  const tokens = await Promise.all(Array.from({ length: 400 }, () => unmarkedToken(fresh("victim"))));
  const answers = await Promise.all(tokens.map((token) => listDevices(token, from)));
  const of = (status: number) => answers.filter(([one]) => one === status).length;
  expect([of(401), of(429)]).toEqual([30, 370]);
  expect((await listDurableObjectIds(env.MAILBOX)).length - before).toBe(30);
});

test("[A21] a revoked token is an attempt each time, and beyond the limit wakes no mailbox", async () => {
  const alice = await claimAccount("alice");
  expect((await callApi("POST", "/api/sign-out", undefined, alice.token)).status).toBe(204);
  const asked = vi.spyOn(Mailbox.prototype, "devices");
  const from = unusedAddress();
  const answers = [];
  for (let n = 0; n < 60; n++) answers.push((await listDevices(alice.token, from))[0]);
  expect(new Set(answers.slice(0, 30))).toEqual(new Set([401]));
  expect(new Set(answers.slice(30))).toEqual(new Set([429]));
  expect(asked).toHaveBeenCalledTimes(30);
  asked.mockRestore();
});

test("[A21] requests to erased and service mailboxes are limited too", async () => {
  const [alice, shop] = [await claimAccount("alice"), await createService("shop", "read")];
  await callApi("DELETE", "/api/account", undefined, alice.token);
  for (const name of [alice.userName, shop.userName]) {
    const from = unusedAddress();
    const answers = [];
    for (let n = 0; n < 60; n++) answers.push((await listDevices(await unmarkedToken(name), from))[0]);
    expect(new Set(answers.slice(0, 30)), name).toEqual(new Set([403]));
    expect(new Set(answers.slice(30)), name).toEqual(new Set([429]));
  }
});

test("[A21] a good token without the permission is no attempt", async () => {
  const shop = await createService("shop", "read");
  const from = unusedAddress();
  const read = () => statusAndCode(fetchWorker("/api/account", { headers: bearer(shop.token, from) }));
  const write = () =>
    statusAndCode(
      fetchWorker("/api/messages", {
        method: "POST",
        headers: bearer(shop.token, from),
        body: '{"to":"bob","body":1}',
      }),
    );
  expect(await read()).toEqual([200, undefined]);
  for (let n = 0; n < 40; n++) expect(await write()).toEqual([403, "forbidden"]);
  expect(await read()).toEqual([200, undefined]);
  const alice = await claimAccount("alice");
  for (let n = 0; n < 40; n++) {
    const init = { method: "DELETE", headers: bearer(alice.token, from) };
    expect(await statusAndCode(fetchWorker("/api/devices/nowhere", init))).toEqual([404, "not_found"]);
  }
});

test("[A21] a request for somebody else's mailbox is an attempt", async () => {
  const [alice, from] = [await claimAccount("alice"), unusedAddress()];
  const codes = [];
  for (let n = 0; n < 30; n++) {
    codes.push(
      await closeCodeOf("bob", {
        "CF-Connecting-IP": from,
        Authorization: `Bearer ${await unmarkedToken(alice.userName)}`,
      }),
    );
  }
  expect(new Set(codes)).toEqual(new Set([4403]));
  expect(await listDevices(await unmarkedToken(alice.userName), from)).toEqual([429, "rate_limited"]);
});

test("[A9] all addresses of one /64 share the attempts, in every spelling", async () => {
  const answers = [];
  for (let n = 0; n < 40; n++) answers.push((await listDevices("wrong", `2001:db8::${n.toString(16)}`))[0]);
  expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
});

test("[A9] the log has the network of an attempt, and no token", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const token = await unmarkedToken(fresh("alice"));
  for (let n = 0; n < 40; n++) await listDevices(token, "192.0.2.77");
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
  const from = unusedAddress();
  const statuses = [];
  for (let n = 0; n < 40; n++) {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "restante.v1", "CF-Connecting-IP": from };
    const response = await exports.default.fetch(new Request(`${HOST}/client/%20?device=d`, { headers }));
    response.webSocket?.accept();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([...new Array<number>(30).fill(101), ...new Array<number>(10).fill(400)]);
});
