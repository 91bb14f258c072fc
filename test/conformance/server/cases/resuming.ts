// [R1] to [R3] and [W2]: where a connection begins.
import { serverCase } from "../case.ts";
import type { Device } from "../device.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import type { User } from "../target.ts";

const DAY_US = 86_400_000_000;

/** Messages to oneself, with the seqs that they have. */
async function write(device: Device, user: User, count: number): Promise<number[]> {
  device.send(user.name, ...Array.from({ length: count }, (_, i) => i));
  return (await device.take("accepted", count)).map(({ entry }) => Number(entry)).toSorted((a, b) => a - b);
}

/** The seqs of the messages that a connection begins with. */
async function seen(device: Device): Promise<number[]> {
  return (await device.settled()).filter(({ type }) => type === "message").map(({ seq }) => Number(seq));
}

const cursor = serverCase("[R1] a connection continues after its cursor, which is an ack of it", async (world) => {
  const user = await world.someone();
  const writer = await world.open(user);
  const seqs = await write(writer, user, 5);
  const device = `d-${writer.name}`;
  const query = { cursor: String(seqs[1]), epoch: writer.epoch };
  expectEqual(await seen(await world.connected(user, { device, query })), seqs.slice(2), "after the cursor");
  expectEqual(await seen(await world.connected(user, { device })), seqs.slice(2), "without a cursor");
  const noEpoch = await world.connected(user, { device, query: { cursor: String(seqs[3]) } });
  expectEqual(await seen(noEpoch), seqs.slice(4), "a cursor without an epoch");
});

const acks = serverCase("[W2][R1] without a cursor a connection continues after the last ack", async (world) => {
  const user = await world.someone();
  const writer = await world.open(user);
  const { name: device } = await world.open(user);
  const seqs = await write(writer, user, 4);
  const first = await world.connected(user, { device });
  expectEqual(await seen(first), seqs, "before any ack");
  first.ack(seqs[1]);
  first.ack(seqs[0]);
  await first.settled();
  expectEqual(await seen(await world.connected(user, { device })), seqs.slice(2), "after an ack, and an older one");
});

const clamped = serverCase("[W2] an ack is clamped to what the socket was sent", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  device.ack(Number.MAX_SAFE_INTEGER);
  await device.settled();
  const writer = await world.open(user);
  const seqs = await write(writer, user, 2);
  expectEqual(await seen(await world.connected(user, { device: device.name })), seqs, "what came after the ack");
});

const head = serverCase("[R1] with head a connection receives only what comes from now on", async (world) => {
  const user = await world.someone();
  const writer = await world.open(user);
  await write(writer, user, 3);
  const device = await world.open(user);
  expectEqual(await seen(device), [], "what was before");
  const later = await write(writer, user, 2);
  expectEqual(
    (await device.take("message", 2)).map(({ seq }) => seq),
    later,
    "what came later",
  );
  expectEqual(await seen(await world.connected(user, { device: device.name })), later, "without a cursor");
});

const otherEpoch = serverCase("[R2] a cursor of another epoch starts over with a gap from 1", async (world) => {
  const user = await world.someone();
  const writer = await world.open(user);
  const seqs = await write(writer, user, 2);
  const device = await world.connected(user, { query: { cursor: String(seqs[1]), epoch: "another" } });
  expectFields(device.welcome, { epoch: writer.epoch }, "welcome");
  const gap = await device.next();
  expectFields(gap, { type: "gap", from: 1 }, "the first log frame");
  expectThat(Number(gap["seq"]) < Number(seqs[0]), "the gap ends before the oldest entry that is sent");
  await device.until({ type: "message", seq: seqs[1] });
});

const ahead = serverCase("[R3] a cursor that no clock can have given is refused with 4400", async (world) => {
  const user = await world.someone();
  const { epoch, welcome } = await world.open(user);
  for (const far of [Number.MAX_SAFE_INTEGER, Math.max(Number(welcome["head"]), Date.now() * 1_000) + 2 * DAY_US]) {
    const { closing } = await world.refused(user, { device: "far", cursor: String(far), epoch });
    expectFields(closing, { code: 4400, reason: "bad_query" }, `a cursor of ${far}`);
  }
});

const neverGiven = serverCase("[R3] a cursor beyond the head gets a gap until it is acknowledged", async (world) => {
  const user = await world.someone();
  const writer = await world.open(user);
  await write(writer, user, 1);
  const beyond = Number((await world.open(user)).welcome["head"]) + 1_000_000;
  const query = { cursor: String(beyond), epoch: writer.epoch };
  const first = await world.connected(user, { query });
  const gap = await first.until({ type: "gap" });
  const again = await world.connected(user, { device: first.name, query });
  expectEqual(await again.until({ type: "gap" }), gap, "the gap on the next connection");
  const [seq = 0] = await write(writer, user, 1);
  expectThat(seq > Number(gap["seq"]) && seq > beyond, "what is new lies above the gap and the cursor");
  await again.until({ type: "message", seq });
  again.ack(seq);
  await again.settled();
  const after = await (await world.connected(user, { device: first.name })).settled();
  expectThat(!after.some(({ type }) => type === "gap"), "no gap comes after its ack");
});

export const resuming = [cursor, acks, clamped, head, otherEpoch, ahead, neverGiven];
