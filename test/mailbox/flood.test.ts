// Clients that keep sending rejected frames, or never read, are closed, with RATE_LIMIT off too, and accepted messages
// stay.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { LIMITS, MAX_UNREAD_BYTES, REJECTED } from "../../src/protocol/limits.ts";
import { refusal } from "../../src/protocol/refusals.ts";
import { fresh, open, plain } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

test("[U6] too many rejected frames close a socket before its next text; an accepted frame cancels none", async () => {
  const a = fresh("alice");
  const alice = await open(a);
  const rejected = Array.from({ length: LIMITS.frames - 1 }, () => ({ type: "send", id: 9, to: "bob", body: 0 }));
  // Twice as much, because some is forgiven while the mailbox reads it.
  const most = 2 * Math.ceil(REJECTED.MAX / rejected.length);
  for (let text = 1; text <= most; text++) alice.send({ type: "send", id: text, to: a, body: "taken" }, ...rejected);
  const codes = new Set<unknown>();
  let taken = 0;
  for (let frame = await alice.next(); frame["type"] !== "closing"; frame = await alice.next()) {
    if (frame["type"] === "refused") codes.add(frame["code"]);
    if (frame["type"] === "accepted") taken++;
    expect(frame["type"] === "refused" ? frame["code"] : "").not.toBe("rate_limited");
    if (frame["seq"] !== undefined) alice.ack(frame["seq"]);
  }
  expect(codes).toContain("out_of_order");
  expect(taken).toBeGreaterThan(1);
  // The next connection begins with an allowance of its own.
  const again = await open(a);
  again.send({ type: "send", id: again.welcome.lastId + 1, to: a, body: "hi" });
  expect(await again.until("accepted")).toMatchObject({ id: again.welcome.lastId + 1 });
});

test("[U6] bytes without effect count too, in both dialects", async () => {
  const a = fresh("alice");
  const [alice, classic] = [await open(a), await plain(a)];
  const large = `?${" ".repeat(LIMITS.textBytes - 100)}`;
  const codes: unknown[] = [];
  for (let frame; frame?.["type"] !== "closing"; codes.push(frame["code"])) {
    alice.socket.sendText(large);
    frame = await alice.next();
  }
  expect(codes.at(-1)).toBe(4429);
  expect(codes.length).toBeLessThan((2 * REJECTED.MAX * REJECTED.UNITS_PER_FRAME) / large.length);
  for (codes.length = 0; codes.at(-1) !== "rate_limited"; codes.push((await nextFrame(classic))["code"]))
    classic.sendText(large);
  expect(codes.length).toBeLessThan((2 * REJECTED.MAX * REJECTED.UNITS_PER_FRAME) / large.length);
});

test("[U6] 200 texts over a closed socket pause its mailbox four times, and have no other effect", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  const pauses = await runInDurableObject(env.MAILBOX.getByName(a), (mailbox, state) => {
    const spied = vi.spyOn(state, "blockConcurrencyWhile");
    const [closed] = Object.values(new WebSocketPair());
    for (let n = 0; n < 200; n++) mailbox.webSocketMessage(closed as WebSocket, "?");
    return spied.mock.calls.length;
  });
  expect(pauses).toBe(4);
  alice.send({ type: "send", id: 1, to: b, body: "still" });
  expect(await alice.until("accepted")).toMatchObject({ id: 1 });
  expect(await bob.until("message")).toMatchObject({ body: "still" });
});

test("[U6] a mailbox pauses after the price of each thousand rejected frames, and never for messages and acks", async () => {
  const a = fresh("alice");
  const alice = await open(a);
  const pauses = await runInDurableObject(env.MAILBOX.getByName(a), (_, state) => {
    const spied = vi.spyOn(state, "blockConcurrencyWhile");
    return () => spied.mock.calls.length;
  });
  const sends = Array.from({ length: 200 }, (_, i) => ({ type: "send", id: i + 1, to: a, body: i }));
  for (const send of sends) alice.send(send);
  const got = await alice.take("message", sends.length);
  for (const { seq } of got) alice.ack(seq);
  expect(await alice.settled()).toHaveLength(0);
  expect(pauses()).toBe(0);
  for (let n = 0; n < 200; n++) alice.socket.sendText("?");
  for (let n = 0; n < 200; n++) expect(await alice.next()).toMatchObject({ type: "error" });
  expect(pauses()).toBeGreaterThanOrEqual(3);
  expect(pauses()).toBeLessThanOrEqual(6);
});

test(
  "[G7] a device that never acknowledges is sent 4 MB of answers, and is then closed as unread",
  { timeout: 60_000 },
  async () => {
    const a = fresh("alice");
    const alice = await open(a);
    let id = 0;
    const text = () => Array.from({ length: LIMITS.frames }, () => ({ type: "send", id: ++id, to: a, body: 0 }));
    const reads = Math.ceil(MAX_UNREAD_BYTES / LIMITS.frames / 60);
    for (let n = 0; n < 3; n++) alice.send(...text());
    await alice.take("accepted", 3 * LIMITS.frames);
    alice.ack(Number.MAX_SAFE_INTEGER);
    for (let n = 0; n < reads; n++) alice.send(...text());
    expect(await alice.until("closing")).toMatchObject({ code: 4429, message: refusal("unread").message });
  },
);
