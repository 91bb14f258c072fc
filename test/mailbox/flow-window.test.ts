// The flow window: how much of the log is under way to a device until it acknowledges.
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { addUnacked } from "../../src/mailbox/reading/flow-window.ts";
import type { UnackedPart } from "../../src/mailbox/reading/log-reader.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { Random } from "../chaos/random.ts";
import { socketOf, open, sendAll, upgrade, world } from "../support/devices.ts";

const bodies = (frames: Record<string, unknown>[]) => frames.map((frame) => frame["body"]);

test("[W2] an ack of the last frame opens the window, also where the head is above that frame", async () => {
  const { b, alice } = await world();
  const body = "x".repeat(60_000);
  for (let n = 0; n < 7; n++) await sendAll(alice, b, 10, () => body);
  await open(b, "other", `&cursor=${(Date.now() + 60_000) * 1_000}`);
  const bob = await open(b);
  const sent = (await bob.settled()).filter(({ type }) => type === "message");
  bob.ack(sent.at(-1)?.["seq"]);
  await bob.settled();
  await sendAll(alice, b, 1, () => "after the ack");
  const next = await bob.settled();
  expect(bodies(next.filter(({ type }) => type === "message"))).toEqual(["after the ack"]);
});

test("[W1] no more frames than the window are under way, and an ack makes room", async () => {
  const { b, alice } = await world();
  const count = LIMITS.window + 10;
  await sendAll(alice, b, count);
  const bob = await open(b);
  const first = (await bob.settled()).filter((frame) => frame["type"] === "message");
  expect(first.length).toBe(LIMITS.window);
  bob.ack(first.at(-1)?.["seq"]);
  expect(bodies(await bob.take("message", 10)).at(-1)).toBe(count);
});

test("[W1][R2] acks make room for a device that starts over, also below its cursor of before", async () => {
  const { b, alice } = await world();
  const count = LIMITS.window + 10;
  await sendAll(alice, b, count);
  const bob = await open(b);
  for (let seen = 0; seen < count;) {
    const frames = await bob.take("message", Math.min(LIMITS.window, count - seen));
    seen += frames.length;
    bob.ack(frames.at(-1)?.["seq"]);
  }
  await bob.settled();
  const again = await open(b, "phone", "&epoch=another");
  again.ack((await again.settled()).at(-1)?.["seq"]);
  expect(bodies(await again.settled()).at(-1)).toBe(count);
});

test("[W1][F3] no more bytes than the window are under way, and no text is larger than the limit", async () => {
  const { b, alice } = await world();
  const body = "x".repeat(60_000);
  for (let n = 0; n < 10; n++) await sendAll(alice, b, 10, () => body);
  const line = socketOf(await upgrade(`/client/${b}?device=phone`, "restante.v1"));
  line.sendText("{}");
  let bytes = 0;
  let seen = 0;
  for (let text = await line.text(); !text.includes('"type":"error"'); text = await line.text()) {
    expect(text.length).toBeLessThanOrEqual(LIMITS.textBytes);
    bytes += text.length;
    seen += text.split('"type":"message"').length - 1;
  }
  expect(seen).toBeGreaterThan(60);
  expect(seen).toBeLessThan(100);
  expect(bytes).toBeLessThanOrEqual(LIMITS.windowBytes + 10_000);
});

test("[W5] what is under way is remembered in 64 parts, of which none becomes large, and the first stays as it is", () => {
  const unacked: UnackedPart[] = [];
  const random = new Random(7);
  let [frames, bytes] = [0, 0];
  for (let seq = 1; frames < LIMITS.window && bytes < LIMITS.windowBytes; seq++) {
    const part = [seq, 1 + random.below(4), 60 + random.below(8_000)] as const;
    addUnacked(unacked, part);
    frames += part[1];
    bytes += part[2];
    expect(unacked.length).toBeLessThanOrEqual(64);
    expect(unacked[0]?.[0]).toBe(1);
    expect(unacked.at(-1)).toEqual(part);
  }
  expect(unacked.reduce((sum, [, count]) => sum + count, 0)).toBe(frames);
  expect(unacked.reduce((sum, [, , size]) => sum + size, 0)).toBe(bytes);
  expect(unacked.map(([seq]) => seq)).toEqual(unacked.map(([seq]) => seq).toSorted((a, b) => a - b));
  expect(Math.max(...unacked.map(([, count]) => count))).toBeLessThan(LIMITS.window / 8);
  expect(Math.max(...unacked.map(([, , size]) => size))).toBeLessThan(LIMITS.windowBytes / 8);
});

test("[W3] a device that stops reading delays no other device", async () => {
  const { b, alice } = await world();
  const stuck = await open(b, "stuck");
  const quick = await open(b, "quick");
  const count = LIMITS.window + 100;
  await sendAll(alice, b, count);
  let seen = 0;
  while (seen < count) {
    const frame = await quick.until("message");
    seen = Number(frame["body"]);
    quick.ack(frame["seq"]);
  }
  expect((await stuck.settled()).length).toBe(LIMITS.window);
});

test("[W2] an ack counts up to what this socket was sent", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  bob.ack(Number.MAX_SAFE_INTEGER);
  await sendAll(alice, b, 1);
  await bob.next();
  bob.socket.close();
  await bob.socket.untilClosed();
  expect(bodies(await (await open(b)).take("message", 1))).toEqual([1]);
});

test("[W1] the window survives hibernation", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, LIMITS.window);
  await bob.take("message", LIMITS.window);
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "hibernate" });
  await sendAll(alice, b, 1, () => "beyond");
  expect(await bob.settled()).toEqual([]);
  bob.ack(Number.MAX_SAFE_INTEGER);
  expect(await bob.next()).toMatchObject({ body: "beyond" });
});
