// The size of the texts of a catch-up: small until acks show how fast the link is.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { canRefill } from "../../src/mailbox/reading/flow-window.ts";
import { TextPace } from "../../src/mailbox/reading/text-pace.ts";
import { FIRST_TEXT_BYTES, LIMITS, TEXT_MS, utf8Bytes } from "../../src/protocol/limits.ts";
import type { ClientSocket, Frame } from "../support/client-socket.ts";
import { open, sendAll, socketOf, upgrade, world } from "../support/devices.ts";

/** Bytes a second of 64 kbit/s. */
const SLOW = 8_000;

afterEach(() => void vi.useRealTimers());

const framesOf = (text: string) => [JSON.parse(text) as Frame | Frame[]].flat();
const lastSeqOf = (text: string) => Number(framesOf(text).at(-1)?.["seq"]);

/** The texts that arrive until the mailbox has handled everything. */
async function textsOf(socket: ClientSocket): Promise<string[]> {
  socket.sendText(`{"type":"no_such_type"}`);
  const texts = [];
  for (;;) {
    const text = await socket.text();
    const frames = framesOf(text);
    const fence = frames.findIndex(({ type }) => type === "error");
    if (fence < 0) texts.push(text);
    else {
      if (fence > 0) texts.push(JSON.stringify(frames.slice(0, fence)));
      return texts;
    }
  }
}

/** Where the parts end that the mailbox counts as under way. */
const partEndsOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, state) =>
    state.getWebSockets().flatMap((ws) => {
      return (ws.deserializeAttachment() as { unacked: [seq: number][] }).unacked.map(([seq]) => seq);
    }),
  );

const connect = async (name: string, query: string) =>
  socketOf(await upgrade(`/client/${name}?device=phone${query}`, "restante.v1"));

test.each([
  ["without runs", ""],
  ["with runs", "&runs=1"],
])(
  "[W6][F7] %s `welcome` is a text by itself, and of a backlog no text has more than 32,768 bytes",
  async (_, query) => {
    const { b, alice } = await world();
    await sendAll(alice, b, 1_200, (n) => `${n} ${"你".repeat(n % 90)}`);
    const bob = await connect(b, query);
    const [welcome = "", ...texts] = await textsOf(bob);
    expect(framesOf(welcome).map(({ type }) => type)).toEqual(["welcome"]);
    expect(texts.length).toBeGreaterThan(5);
    for (const text of texts) expect(utf8Bytes(text)).toBeLessThanOrEqual(FIRST_TEXT_BYTES);
    // Small ones are not sent where larger ones fit.
    for (const text of texts.slice(0, -1)) expect(utf8Bytes(text)).toBeGreaterThan(FIRST_TEXT_BYTES * 0.9);
    // An ack of a text is one of whole parts, for which nothing is read.
    expect(await partEndsOf(b)).toEqual(texts.map(lastSeqOf));
  },
);

test("[W6] a frame that is larger than that is a text by itself", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 6, (n) => (n % 2 === 0 ? "x".repeat(40_000) : "small"));
  const bob = await connect(b, "");
  const [, ...texts] = await textsOf(bob);
  expect(texts.flatMap(framesOf).filter(({ type }) => type === "message")).toHaveLength(6);
  for (const text of texts) if (utf8Bytes(text) > FIRST_TEXT_BYTES) expect(text.startsWith("{")).toBe(true);
});

test.each([
  ["[W6] on a slow link the texts stay small", SLOW, FIRST_TEXT_BYTES],
  ["[W6] on a fast link they grow up to the limit of a text", 10_000_000, LIMITS.textBytes],
])("%s", async (_, bytesPerSecond, expected) => {
  const { b, alice } = await world();
  await sendAll(alice, b, 12_000, () => "x".repeat(800));
  vi.useFakeTimers({ toFake: ["Date"] });
  const bob = await connect(b, "");
  const [, ...texts] = await textsOf(bob);
  const sizes = texts.map(utf8Bytes);
  const ack = async (seq: number) => {
    bob.sendText(JSON.stringify({ type: "ack", seq }));
    const more = await textsOf(bob);
    texts.push(...more);
    sizes.push(...more.map(utf8Bytes));
  };
  for (let text = texts.shift(); text !== undefined; text = texts.shift()) {
    vi.setSystemTime(Date.now() + Math.ceil((utf8Bytes(text) / bytesPerSecond) * 1_000));
    await ack(lastSeqOf(text));
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(expected);
  expect(Math.max(...sizes)).toBeGreaterThan(expected / 8);
});

test("[W6] texts have what the link carries in two seconds, also after it got slower or faster", () => {
  const pace = new TextPace();
  let now = 1_000_000;
  pace.recordSend(0, now);
  /** Acknowledges ten texts that come at this rate. */
  const carry = (bytesPerSecond: number) => {
    for (let i = 0; i < 10; i++) {
      now += (pace.textBytes / bytesPerSecond) * 1_000;
      pace.acknowledge(pace.textBytes, now);
    }
    return pace.textBytes / bytesPerSecond / (TEXT_MS / 1_000);
  };
  expect(carry(50_000)).toBeGreaterThan(0.8);
  expect(carry(20_000)).toBeLessThan(1.5);
  expect(carry(200_000)).toBeGreaterThan(0.8);
  expect(carry(50_000)).toBeLessThan(1.2);
  expect(carry(1)).toBe(FIRST_TEXT_BYTES / (TEXT_MS / 1_000));
  carry(1e9);
  expect(pace.textBytes).toBe(LIMITS.textBytes);
});

test.each([
  ["a slow", 0, 1 / 16],
  ["a fast", 1e9, LIMITS.textBytes / LIMITS.windowBytes],
])("[W5][W6] on %s link a full window is filled again when this share of it is free", (_, carried, share) => {
  const pace = new TextPace();
  pace.recordSend(0, 0);
  pace.acknowledge(carried, 1);
  const free = (part: number) => ({ frames: LIMITS.window * part, bytes: LIMITS.windowBytes * part, free: false });
  expect(canRefill(free(share), pace.textBytes)).toBe(true);
  expect(canRefill(free(share * 0.99), pace.textBytes)).toBe(false);
  // A step of half the window frees at least half without a part of an eighth and one frame: never too little.
  expect(share).toBeLessThan(1 / 2 - 1 / 8 - LIMITS.bodyBytes / LIMITS.windowBytes);
});

test.each([
  ["bytes that another instance has sent", (pace: TextPace) => pace.acknowledge(1e9, 5_000)],
  ["a clock that went backwards", (pace: TextPace) => (pace.recordSend(0, 9_000), pace.acknowledge(1e9, 5_000))],
  ["little that was sent", (pace: TextPace) => (pace.recordSend(0, 5_000), pace.acknowledge(200, 5_000))],
])("[W6] %s say nothing about the link", (_, play) => {
  const pace = new TextPace();
  play(pace);
  expect(pace.textBytes).toBe(FIRST_TEXT_BYTES);
  // What follows does.
  pace.acknowledge(FIRST_TEXT_BYTES, 6_000);
  expect(pace.textBytes).toBeGreaterThan(FIRST_TEXT_BYTES);
});

test("[W6] a steady trickle, of which something is always under way, says nothing about the link", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 100, () => "x".repeat(1_000));
  vi.useFakeTimers({ toFake: ["Date"] });
  const bob = await connect(b, "");
  // All that waited within 10 ms: a fast link.
  const waited = (await textsOf(bob)).map(lastSeqOf);
  vi.setSystemTime(Date.now() + 10);
  bob.sendText(JSON.stringify({ type: "ack", seq: waited.at(-1) }));
  // One message a second; each is acknowledged after the next one was sent.
  for (let before = 0, n = 0; n < 40; n++) {
    vi.setSystemTime(Date.now() + 1_000);
    await sendAll(alice, b, 1, () => "x".repeat(1_000));
    const seq = lastSeqOf((await textsOf(bob)).at(-1) ?? "");
    if (before > 0) bob.sendText(JSON.stringify({ type: "ack", seq: before }));
    before = seq;
  }
  await sendAll(alice, b, 300, () => "x".repeat(1_000));
  const sizes = (await textsOf(bob)).map(utf8Bytes);
  expect(Math.max(...sizes)).toBeGreaterThan(4 * FIRST_TEXT_BYTES);
});

test("[W6] what was under way before a measurement does not count as carried in it", () => {
  const pace = new TextPace();
  const before = FIRST_TEXT_BYTES / 2 - 1;
  pace.recordSend(before, 5_000);
  pace.acknowledge(before, 5_001);
  pace.acknowledge(FIRST_TEXT_BYTES / 4, 5_002);
  expect(pace.textBytes).toBe(FIRST_TEXT_BYTES);
  // 64 kbit/s, beginning with what was under way.
  pace.acknowledge(FIRST_TEXT_BYTES, 5_000 + (before + FIRST_TEXT_BYTES * 1.25) / (SLOW / 1_000));
  expect(pace.textBytes).toBe(FIRST_TEXT_BYTES);
});

test("[W5] answers that leave with a backlog are texts of their own, so that texts end where parts do", async () => {
  const measured = vi.spyOn(TextPace.prototype, "acknowledge").mockReturnValue();
  onTestFinished(() => measured.mockRestore());
  const { b, alice } = await world();
  await sendAll(alice, b, LIMITS.window);
  await sendAll(alice, b, 300, () => "x".repeat(1_000));
  const bob = await connect(b, "");
  const seen = (await textsOf(bob)).map(lastSeqOf);
  const sends = Array.from({ length: 200 }, (_, i) => ({ type: "send", id: i + 1, to: b, body: i }));
  bob.sendText(JSON.stringify([{ type: "ack", seq: seen.at(-1) }, ...sends]));
  const texts = [await bob.text()];
  while (!texts.at(-1)?.includes('"id":200')) texts.push(await bob.text());
  texts.push(...(await textsOf(bob)));
  expect(texts.flatMap(framesOf).filter(({ type }) => type === "accepted")).toHaveLength(200);
  const log = texts.filter((text) => framesOf(text).some(({ seq }) => seq !== undefined));
  expect(log.length).toBeGreaterThan(5);
  expect(await partEndsOf(b)).toEqual(log.map(lastSeqOf));
});

test("[W6] the answers to many sends are as small, until acks show a faster link", async () => {
  const { b, alice } = await world();
  await open(b);
  const sends = Array.from({ length: 2_000 }, (_, i) => ({ type: "send", id: i + 1, to: b, body: i }));
  alice.send(...sends);
  const texts: string[] = [];
  for (let accepted = 0; accepted < sends.length;) {
    texts.push(await alice.socket.text());
    accepted += framesOf(texts.at(-1) ?? "").filter(({ type }) => type === "accepted").length;
  }
  for (const text of texts) expect(utf8Bytes(text)).toBeLessThanOrEqual(FIRST_TEXT_BYTES);
});
