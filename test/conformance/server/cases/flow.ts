// [W1] and [W5]: the window, in frames and in bytes, and what an ack of a part frees.
import { serverCase } from "../case.ts";
import type { Device } from "../device.ts";
import { expectEqual, expectThat } from "../expect.ts";
import type { Frame } from "../socket.ts";
import { sendAll } from "../send-all.ts";
import { Skipped } from "../../recording.ts";

/** Frames of a window; a full one is filled again when a sixteenth of it is free. */
const WINDOW = 4_096;
/** Acks of one frame each: more than that sixteenth. After them, acks of many frames. */
const SINGLE_ACKS = 300;
const STEPS = [1_000, 4_095];
const BATCH = 1_000;
const LARGE_BODY_BYTES = 60_000;

const repeated = (body: string, count: number) => Array.from({ length: count }, () => body);

/**
 * The log frames that come until the server waits. At least `expected` of them are waited for: on a busy machine a
 * server is silent for longer than one that waits has to be.
 */
async function received(device: Device, expected: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (frames.length < expected) {
    const frame = await device.poll();
    if (frame === null) break;
    if ("seq" in frame) frames.push(frame);
  }
  return [...frames, ...(await device.quiet()).filter((frame) => "seq" in frame)];
}

const bytes = serverCase("[W1][W5] windowBytes are a limit, and an ack of a part makes room", async (world) => {
  const user = await world.shared("flow");
  const writer = await world.open(user);
  const { windowBytes = 0, bodyBytes = 0, textBytes = 0 } = writer.limits;
  const size = Math.min(LARGE_BODY_BYTES, bodyBytes - 2);
  const count = Math.ceil(windowBytes / size) + 10;
  if (windowBytes > 16_777_216) throw new Skipped("the window has more than 16 MiB");
  const { name: device } = await world.open(user);
  const bodies = repeated("x".repeat(size), count);
  await sendAll(writer, user.name, bodies, Math.floor(textBytes / (size + 200)));
  const reader = await world.connected(user, { device });
  const first = await received(reader, 1);
  expectThat(first.length * size <= windowBytes + size, `${first.length} large frames fit into the window`);
  expectThat(first.length < count, "the server waits");
  reader.ack(first[Math.floor(first.length / 2)]?.["seq"]);
  const second = await received(reader, 1);
  expectThat(second.length > 0, `nothing came after an ack of a half of ${first.length} frames`);
});

const steps = serverCase("[W1][W5] acks in steps of 1, 1,000 and 4,095 make room for as many frames", async (world) => {
  const user = await world.shared("flow");
  const writer = await world.open(user);
  const window = Number(writer.limits["window"]);
  if (window !== WINDOW) throw new Skipped(`the window has ${window} frames`);
  const { name: device } = await world.open(user);
  const isLimited = await sendAll(writer, user.name, repeated("small", 100), 100, world.isLong);
  if (isLimited && !world.isLong) throw new Skipped("takes 16 minutes within the limits of this server: --long");
  const acked = SINGLE_ACKS + STEPS.reduce((sum, step) => sum + step, 0);
  await sendAll(writer, user.name, repeated("small", window + acked - 100), isLimited ? 10 : BATCH);
  const reader = await world.connected(user, { device });
  const all = await received(reader, window);
  expectEqual(all.length, window, "frames before any ack");
  reader.say(...all.slice(0, SINGLE_ACKS).map(({ seq }) => ({ type: "ack", seq })));
  all.push(...(await received(reader, 1)));
  expectThat(all.length > window, `nothing came after ${SINGLE_ACKS} acks of one frame each`);
  expectThat(all.length <= window + SINGLE_ACKS, `${all.length} frames came: more than the window`);
  let total = SINGLE_ACKS;
  for (const step of STEPS) {
    total += step;
    reader.ack(all[total - 1]?.["seq"]);
    all.push(...(await received(reader, window + total - all.length)));
    expectEqual(all.length, window + total, `frames after an ack of ${step}`);
  }
});

const live = serverCase("[W3] a device that does not ack delays no other device", async (world) => {
  const user = await world.someone();
  const [writer, idle, reader] = [await world.open(user), await world.open(user), await world.open(user)];
  for (let n = 0; n < 20; n++) writer.send(user.name, n);
  const messages = await reader.take("message", 20);
  expectEqual(
    messages.map(({ body }) => body),
    [...messages.keys()],
    "the bodies",
  );
  await idle.settled();
});

export const flow = [bytes, steps, live];
