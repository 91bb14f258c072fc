// Rate limits beside messages: signals, connections and requests beyond a user's limits are refused with the time of
// the next one.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Sql } from "../../../src/durable/log/sql.ts";
import { UnreadOutput } from "../../../src/mailbox/connections/unread-output.ts";
import { QUOTAS, MAX_UNANSWERED_BYTES } from "../../../src/protocol/limits.ts";
import { V1 } from "../../../src/protocol/version.ts";
import { fetchWorker, claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { socketOf, upgrade } from "../../support/devices.ts";
import { Device } from "../../support/client-socket.ts";
import { statusAndCode } from "../../support/operators.ts";

// Hundreds of requests in sequence.
vi.setConfig({ testTimeout: 60_000 });

// What a limit allows grows with the time: on a loaded machine a flood would take so long that nothing is refused.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

test("[U7] signals beyond the limit are dropped with one error a text and the time of the next; messages still pass, also after a restart", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  const signals = (first: number) =>
    Array.from({ length: 900 }, (_, i) => ({ type: "read", peer: `nobody-${first + i}`, seq: 1 }));
  alice.send(...signals(0));
  expect(await alice.settled()).toEqual([]);
  alice.send(...signals(900));
  const error = { type: "error", code: "rate_limited", message: expect.any(String), retryAfter: expect.any(Number) };
  expect(await alice.next()).toEqual(error);
  expect(await alice.settled()).toEqual([]);
  await abortAllDurableObjects();
  const again = await openWithToken(a);
  again.send(...signals(1_800), { type: "send", id: 1, to: a.userName, body: "still" });
  expect(await again.until("accepted")).toMatchObject({ id: 1 });
  expect(await again.until("error")).toMatchObject({ code: "rate_limited" });
});

test("[U7] an ack that moves the cursor is free, one that does not is charged", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  alice.send(...Array.from({ length: 50 }, (_, i) => ({ type: "send", id: i + 1, to: a.userName, body: i })));
  const got = await alice.take("message", 50);
  for (const { seq } of got) alice.ack(seq);
  alice.send(...Array.from({ length: 999 }, (_, i) => ({ type: "read", peer: `nobody-${i}`, seq: 1 })));
  expect((await alice.settled()).filter(({ type }) => type === "error")).toEqual([]);
  for (let n = 0; n < 200; n++) alice.ack(got[0]?.["seq"]);
  alice.send({ type: "typing", to: "somebody" });
  expect(await alice.until("error")).toMatchObject({ code: "rate_limited" });
});

test("[U7] an ack between two frames, which acknowledges none, is charged", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  alice.send({ type: "send", id: 1, to: a.userName, body: 1 });
  const first = Number((await alice.until("message"))["seq"]);
  await evictDurableObject(env.MAILBOX.getByName(a.userName), { webSockets: "hibernate" });
  vi.setSystemTime(Date.now() + 1_000);
  alice.send({ type: "send", id: 2, to: a.userName, body: 2 });
  // The wake has left a hole in the seqs.
  expect(Number((await alice.until("message"))["seq"])).toBeGreaterThan(first + 400);
  await alice.settled();
  alice.send(...Array.from({ length: 999 }, (_, i) => ({ type: "read", peer: `nobody-${i}`, seq: 1 })));
  for (let n = 1; n <= 400; n++) alice.ack(first + n);
  alice.send({ type: "typing", to: "somebody" });
  expect(await alice.next()).toMatchObject({ code: "rate_limited" });
});

test("[U7] of one text only the furthest read of a peer, the last watch and one typing for each peer count", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  const same = Array.from({ length: 4_000 }, (_, i) => ({ type: "read", peer: "nobody", seq: i }));
  alice.send(...same);
  expect(await alice.settled()).toEqual([]);
  alice.send({ type: "read", peer: "nobody", seq: 1 });
  expect(await alice.settled()).toEqual([]);
});

test("[U7] each socket may present a token once a second", async () => {
  const a = await claimAccount("alice");
  const [phone, laptop] = [await openWithToken(a, "phone"), await openWithToken(a, "laptop")];
  for (let n = 0; n < 10; n++) phone.send({ type: "token", token: a.token });
  expect(await phone.until("error")).toMatchObject({ code: "rate_limited" });
  laptop.send({ type: "token", token: a.token });
  expect(await laptop.until("token")).toEqual({ type: "token" });
});

test("[U8] connections under new device names, also refused ones, evict no other bucket of the user", async () => {
  const a = await claimAccount("alice");
  const headers = { Authorization: `Bearer ${a.token}` };
  const connect = (n: number) => upgrade(`/client/${a.userName}?device=d${n}`, V1, headers);
  const begun = Date.now();
  let opened = 0;
  for (let n = 0; n < 8 * QUOTAS.CONNECT_BURST; n++) if ((await connect(n)).status === 101) opened++;
  const seconds = (Date.now() - begun) / 1_000;
  expect(opened).toBeLessThanOrEqual(QUOTAS.CONNECT_BURST + QUOTAS.CONNECTS_PER_SECOND * seconds + 1);
});

test("[U8] connections beyond the limit are refused with HTTP 429 before a socket opens; another device still connects", async () => {
  const a = await claimAccount("alice");
  const headers = { Authorization: `Bearer ${a.token}` };
  const path = `/client/${a.userName}?device=phone`;
  let last = await openWithToken(a);
  let refused: Response | null = null;
  for (let n = 0; n < QUOTAS.CONNECT_BURST && refused === null; n++) {
    const answer = await upgrade(path, V1, headers);
    if (answer.status === 101) last = await Device.open(socketOf(answer));
    else refused = answer;
  }
  expect(refused?.status).toBe(429);
  expect(await refused?.json()).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  // A refused connection does not replace the open one.
  expect(await last.settled()).toEqual([]);
  expect((await openWithToken(a, "laptop")).welcome.device).toBe("laptop");
});

test("[U9] requests beyond the limit are 429 with a time; wrong tokens are not charged to the user, and sockets still work", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  for (let n = 0; n < QUOTAS.REQUEST_BURST; n++)
    await callApi("GET", "/api/settings", undefined, `${a.token.slice(0, -4)}xxxx`);
  expect((await callApi("GET", "/api/settings", undefined, a.token)).status).toBe(200);
  const statuses: number[] = [];
  let refused: unknown = null;
  for (let n = 0; n < QUOTAS.REQUEST_BURST * 4 && refused === null; n++) {
    const answer = await callApi("GET", "/api/conversations", undefined, a.token);
    statuses.push(answer.status);
    if (answer.status === 429) refused = await answer.json();
  }
  expect(statuses.length).toBeGreaterThanOrEqual(QUOTAS.REQUEST_BURST);
  expect(refused).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  alice.send({ type: "send", id: 1, to: a.userName, body: "on" });
  expect(await alice.until("accepted")).toMatchObject({ id: 1 });
});

test("[U9] large rejected bodies have a limit too, which small bodies and other users don't share", async () => {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const post = (token: string, body: string) =>
    fetchWorker("/api/messages", { method: "POST", headers: { Authorization: `Bearer ${token}` }, body });
  const large = `[${"0,".repeat(450_000)}`;
  expect(await statusAndCode(post(a.token, large))).toEqual([400, "bad_frame"]);
  let refused: unknown = null;
  for (let n = 0; n < 100 && refused === null; n++) {
    const answer = await post(a.token, large);
    if (answer.status === 429) refused = await answer.json();
  }
  expect(refused).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  expect((await callApi("POST", "/api/messages", { to: a.userName, body: "small" }, a.token)).status).toBe(200);
  expect(await statusAndCode(post(b.token, large))).toEqual([400, "bad_frame"]);
});

test("[U9] an export is charged by its size, apart from other requests", async () => {
  const a = await claimAccount("alice");
  const exported = async () => {
    const response = await callApi("GET", "/api/export", undefined, a.token);
    await response.body?.cancel();
    return response.status;
  };
  const size = vi.spyOn(Sql.prototype, "bytes", "get").mockReturnValue(500_000_000);
  expect(await exported()).toBe(200);
  expect(await exported()).toBe(429);
  expect((await callApi("GET", "/api/conversations", undefined, a.token)).status).toBe(200);
  size.mockRestore();
});

test("[U8] a user whose closed connections are not read is refused, until their clients have answered the close", async () => {
  const a = await claimAccount("alice");
  const bytes = vi.spyOn(UnreadOutput.prototype, "add").mockImplementation(function (this: UnreadOutput, closed) {
    bytes.mockRestore();
    this.add(closed, MAX_UNANSWERED_BYTES + 1);
  });
  const headers = { Authorization: `Bearer ${a.token}` };
  const connect = (device: string) => upgrade(`/client/${a.userName}?device=${device}`, V1, headers);
  // The client reads nothing until it accepts the socket.
  const first = await connect("phone");
  expect((await connect("phone")).status).toBe(101);
  const refused = await connect("laptop");
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  await socketOf(first).untilClosed();
  await vi.waitFor(async () => expect((await connect("laptop")).status).toBe(101));
});
