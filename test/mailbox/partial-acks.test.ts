// Acks in the middle of what was sent: they free their frames of the window, in any steps of the client.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { TextPace } from "../../src/mailbox/reading/text-pace.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import type { Device, Frame } from "../support/client-socket.ts";
import { fresh, open, sendAll, world } from "../support/devices.ts";

const { window, windowBytes } = LIMITS;
/** A full window is filled again when this many of its frames are free. */
const ROOM = window / 16;

/** Acks look like those of a slow link: the window of a fast one is filled again later. */
function slowDown(): void {
  const acknowledge = vi.spyOn(TextPace.prototype, "acknowledge").mockReturnValue();
  onTestFinished(() => acknowledge.mockRestore());
}

const hibernate = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" });

/** What the mailbox counts as under way to its devices, as their attachments have it. */
async function underWay(name: string): Promise<{ readonly frames: number; readonly bytes: number }> {
  const parts = await runInDurableObject(env.MAILBOX.getByName(name), (_, state) =>
    state
      .getWebSockets()
      .flatMap(
        (ws) => (ws.deserializeAttachment() as { unacked: [seq: number, count: number, bytes: number][] }).unacked,
      ),
  );
  return {
    frames: parts.reduce((sum, [, count]) => sum + count, 0),
    bytes: parts.reduce((sum, [, , bytes]) => sum + bytes, 0),
  };
}

/** A device that acknowledges where its test says. It checks that the window is never exceeded. */
class Reader {
  readonly #device: Device;
  readonly seqs: number[] = [];
  readonly bodies: unknown[] = [];
  acked = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  get open(): number {
    return this.seqs.length - this.acked;
  }

  /** Takes everything that has arrived. Returns the number of log frames; a run counts as its messages. */
  async take(): Promise<number> {
    const before = this.seqs.length;
    for (const frame of await this.#device.settled()) this.#add(frame);
    expect(this.open).toBeLessThanOrEqual(window);
    return this.seqs.length - before;
  }

  /** Takes log frames until there are `count` that were not acknowledged. */
  async takeUntil(count: number): Promise<void> {
    while (this.open < count) this.#add(await this.#device.next());
    expect(this.open).toBeLessThanOrEqual(window);
  }

  /** Acknowledges `count` frames more. */
  ack(count: number): void {
    this.acked += count;
    this.#device.ack(this.seqs[this.acked - 1]);
  }

  #add({ seq, count = 1, body, bodies = [body] }: Frame): void {
    if (seq === undefined) return;
    for (let back = Number(count) - 1; back >= 0; back--) this.seqs.push(Number(seq) - back);
    this.bodies.push(...(bodies as unknown[]));
  }
}

test.each([
  ["a catch-up", "without runs", ""],
  ["a catch-up", "with runs", "&runs=1"],
  ["live messages", "without runs", ""],
  ["live messages", "with runs", "&runs=1"],
])("[W5][W1] of %s %s, an ack of 1,000 of 4,096 makes room for exactly 1,000", async (what, _, query) => {
  const { b, alice } = await world();
  const live = what === "live messages" ? new Reader(await open(b, "phone", query)) : null;
  await sendAll(alice, b, window + 1_600);
  const bob = live ?? new Reader(await open(b, "phone", query));
  await bob.takeUntil(window);
  expect(await bob.take()).toBe(0);
  bob.ack(1_000);
  expect(await bob.take()).toBe(1_000);
  await hibernate(b);
  bob.ack(500);
  expect(await bob.take()).toBe(500);
  expect(await underWay(b)).toMatchObject({ frames: window });
  bob.ack(window);
  expect(await bob.take()).toBe(100);
  expect(bob.bodies).toEqual(Array.from({ length: window + 1_600 }, (_, i) => i + 1));
});

test.each([
  [1, "", 300],
  [1, "&runs=1", 300],
  [1_000, "", 9_000],
  [1_000, "&runs=1", 9_000],
  [4_095, "", 9_000],
  [4_095, "&runs=1", 9_000],
])(
  "[W5] a device that acknowledges in steps of %i%s is sent the whole log, over hibernation too",
  async (step, query, more) => {
    const { b, alice } = await world();
    // Each wake leaves a hole in the seqs.
    for (const part of [1_500, 1_000, window - 2_500 + more]) {
      await sendAll(alice, b, part);
      await hibernate(b);
    }
    const bob = new Reader(await open(b, "phone", query));
    const all = window + more;
    await bob.takeUntil(window);
    slowDown();
    for (let acks = 0; bob.seqs.length < all; acks++) {
      if (step > 1 && acks % 2 === 1) await hibernate(b);
      bob.ack(step);
      if (window - bob.open >= ROOM) await bob.takeUntil(Math.min(window, all - bob.acked));
      if (step > 1) await bob.take();
    }
    expect(await bob.take()).toBe(0);
    expect(await underWay(b)).toMatchObject({ frames: bob.open });
    bob.ack(bob.open);
    await bob.take();
    expect(await underWay(b)).toEqual({ frames: 0, bytes: 0 });
  },
);

test("[W5] a full window is filled again when a sixteenth of it is free, or when nothing is under way", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, window + ROOM + 1);
  const bob = new Reader(await open(b));
  await bob.takeUntil(window);
  slowDown();
  bob.ack(ROOM - 1);
  expect(await bob.take()).toBe(0);
  await sendAll(alice, b, 1);
  expect(await bob.take()).toBe(0);
  bob.ack(1);
  expect(await bob.take()).toBe(ROOM);
  bob.ack(window);
  expect(await bob.take()).toBe(2);
  // A window with little room that was not full since is not waited for.
  await sendAll(alice, b, window - 2 - 1);
  await bob.takeUntil(window - 1);
  await sendAll(alice, b, 1);
  expect(await bob.take()).toBe(1);
});

test("[W5] marks and messages of several people are counted, each where it is in the log", async () => {
  const { a, b, alice } = await world();
  const desk = await open(b, "desk", "&cursor=head");
  for (let n = 1; n <= 40; n++) {
    await sendAll(alice, b, 20);
    // Every second one moves the mark of alice, and so makes a hole in the log; the others make marks that stay.
    await sendAll(desk, n % 2 === 0 ? a : fresh("peer"), 1);
    if (n % 8 === 0) await hibernate(b);
  }
  desk.socket.close();
  await desk.socket.untilClosed();
  const bob = new Reader(await open(b));
  await bob.take();
  expect(bob.open).toBeGreaterThan(840);
  for (const step of [1, 20, 1, 255, 7, 300]) {
    bob.ack(step);
    await bob.take();
    if (step === 20) await hibernate(b);
    expect((await underWay(b)).frames, `after ${bob.acked}`).toBe(bob.open);
  }
  // While a mark that is under way moves, less may be freed, never too much.
  const other = await open(b, "other", "&cursor=head");
  await sendAll(other, a, 1);
  await bob.take();
  for (let left = bob.open; left > 0; left = bob.open) {
    bob.ack(Math.min(left, 13));
    await bob.take();
    const counted = (await underWay(b)).frames;
    expect(counted).toBeGreaterThanOrEqual(bob.open);
    expect(counted).toBeLessThanOrEqual(bob.open + 3);
  }
  other.socket.close();
  await other.socket.untilClosed();
  expect(await underWay(b)).toEqual({ frames: 0, bytes: 0 });
});

test("[W5] after a wake an ack above all older marks counts the marks of named peers, and reads no table of marks", async () => {
  const { a, b, alice } = await world();
  const desk = await open(b, "desk", "&cursor=head");
  await sendAll(alice, b, 10);
  desk.socket.close();
  await desk.socket.untilClosed();
  await hibernate(b);
  // A mark between messages, with holes before and after it: the seqs of the part are to be counted.
  const other = await open(b, "other", "&cursor=head");
  await sendAll(other, a, 5);
  alice.ack(Number.MAX_SAFE_INTEGER);
  await other.mark("delivered");
  other.socket.close();
  await other.socket.untilClosed();
  await hibernate(b);
  await sendAll(alice, b, 5);
  const bob = new Reader(await open(b));
  await bob.take();
  await hibernate(b);
  const queries: string[] = [];
  await runInDurableObject(env.MAILBOX.getByName(b), (_, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql);
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      queries.push(query);
      return exec(query, ...bindings);
    }) as typeof sql.exec;
  });
  for (const left of [15, 12, 5, 2]) {
    bob.ack(bob.open - left);
    await bob.take();
    expect((await underWay(b)).frames).toBe(left);
  }
  expect(queries.filter((query) => /FROM run WHERE seq >/.test(query)).length).toBeGreaterThan(0);
  expect(queries.filter((query) => /FROM peer WHERE mark/.test(query))).toEqual([]);
});

test("[W5] many small texts are remembered together, and still freed frame by frame", async () => {
  const { b, alice } = await world();
  const bob = new Reader(await open(b));
  for (let n = 0; n < 200; n++) {
    await sendAll(alice, b, 3);
    if (n % 50 === 49) await hibernate(b);
  }
  await bob.takeUntil(600);
  for (const step of [1, 100, 1, 50, 249]) {
    bob.ack(step);
    await bob.take();
    expect((await underWay(b)).frames).toBe(bob.open);
  }
});

test.each([10, 30])(
  "[W5][W1] large messages that are acknowledged %i at a time never exceed the window's bytes, and all arrive",
  async (step) => {
    const { b, alice } = await world();
    const body = "x".repeat(60_000);
    for (let n = 0; n < 20; n++) await sendAll(alice, b, 10, () => body);
    const bob = new Reader(await open(b));
    await bob.take();
    expect(bob.open).toBe(Math.floor(windowBytes / 60_110));
    for (let most = 0; bob.seqs.length < 200; most++) {
      expect(most).toBeLessThan(40);
      bob.ack(step);
      await bob.take();
      expect(bob.open * body.length).toBeLessThan(windowBytes);
      expect((await underWay(b)).bytes).toBeLessThanOrEqual(windowBytes);
    }
  },
);
