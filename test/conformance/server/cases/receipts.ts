// [E*] and [L*]: marks, what moves them, and what they never do.
import { serverCase } from "../case.ts";
import type { Device } from "../device.ts";
import { expectEqual, expectThat } from "../expect.ts";
import type { Frame } from "../socket.ts";
import { sendAll } from "../send-all.ts";
import { randomText, type User } from "../target.ts";
import type { World } from "../world.ts";

/** The next mark in which `field` has at least this value. */
async function mark(device: Device, field: string, seq: number): Promise<Frame> {
  for (;;) {
    const frame = await device.until({ type: "mark" });
    if (Number(frame[field] ?? 0) >= seq) return frame;
  }
}

interface Pair {
  readonly one: User;
  readonly other: User;
  readonly author: Device;
  readonly reader: Device;
}

const pairs = new WeakMap<World, { one: User; other: User }>();

/** Contacts that the cases of this file share, each with a new device. */
async function pair(world: World): Promise<Pair> {
  let users = pairs.get(world);
  if (users === undefined) {
    const { target } = world;
    users = target.canMakeUsers
      ? { one: await world.fresh("alice"), other: await world.fresh("bob") }
      : { one: await world.someone(), other: await world.someone() };
    expectThat(users.one.name !== users.other.name, "two users are needed");
    pairs.set(world, users);
    await world.makeContacts(users.one, users.other);
  }
  return { ...users, author: await world.open(users.one), reader: await world.connected(users.other) };
}

const steps = serverCase(
  "[E1][E3][L6] marks say stored, delivered and read, in the author's numbers",
  async (world) => {
    const { one, other, author, reader } = await pair(world);
    const entry = Number((await author.deliver(other.name, "three marks"))["entry"]);
    const stored = await mark(author, "stored", entry);
    expectThat(Number(stored["delivered"] ?? 0) < entry, "nothing is delivered before an ack");
    const message = await reader.until({ type: "message", origin: entry });
    reader.ack(message["seq"]);
    const delivered = await mark(author, "delivered", entry);
    expectThat(Number(delivered["read"] ?? 0) < entry, "nothing is read before the frame read");
    reader.say({ type: "read", peer: one.name, seq: message["seq"] });
    await mark(reader, "mine", Number(message["seq"]));
    await mark(author, "read", entry);
  },
);

const neverBack = serverCase(
  "[E3] read is cumulative, never goes back, and is clamped to the newest entry",
  async (world) => {
    const { one, other, author, reader } = await pair(world);
    const [first, second] = [await author.deliver(other.name, "first"), await author.deliver(other.name, "second")];
    const one1 = await reader.until({ type: "message", origin: first["entry"] });
    const two = await reader.until({ type: "message", origin: second["entry"] });
    reader.ack(two["seq"]);
    reader.say({ type: "read", peer: one.name, seq: Number.MAX_SAFE_INTEGER });
    const { mine } = await mark(reader, "mine", Number(two["seq"]));
    const third = await author.deliver(other.name, "third");
    const message = await reader.until({ type: "message", origin: third["entry"] });
    expectThat(Number(mine) < Number(message["seq"]), "a read above the newest entry covers nothing that comes later");
    reader.say({ type: "read", peer: one.name, seq: one1["seq"] });
    const marks = (await reader.settled()).filter(({ type, mine }) => type === "mark" && mine !== undefined);
    for (const later of marks) expectEqual(later["mine"], mine, "mine after an older read");
  },
);

const carbons = serverCase("[L3][L5] every device has every entry, with one seq and one origin", async (world) => {
  const { one, other, author, reader } = await pair(world);
  const [second, laptop] = [await world.open(one), await world.open(other)];
  const { entry } = await author.deliver(other.name, { carbon: true });
  const own = await second.until({ type: "message" });
  expectEqual(
    [own["seq"], own["id"], own["device"], own["body"]],
    [entry, 1, author.name, { carbon: true }],
    "the message on the author's other device",
  );
  const seqs = [];
  for (const device of [reader, laptop]) seqs.push((await device.until({ type: "message", origin: entry }))["seq"]);
  expectEqual(seqs[0], seqs[1], "the seqs on the receiver's devices");
});

const atHead = serverCase("[E2][W4] a device that starts at head delivers nothing before it", async (world) => {
  const { other, author, reader } = await pair(world);
  reader.ack(Number.MAX_SAFE_INTEGER);
  await reader.settled();
  reader.socket.close();
  await reader.socket.closed();
  const { entry } = await author.deliver(other.name, "to a laptop that was never there");
  await mark(author, "stored", Number(entry));
  const laptop = await world.open(other);
  laptop.ack(laptop.welcome["head"]);
  await laptop.settled();
  const marks = (await author.settled()).filter(({ type }) => type === "mark");
  expectThat(!marks.some(({ delivered }) => Number(delivered ?? 0) >= Number(entry)), "nothing is delivered");
  const back = await world.connected(other, { device: reader.name });
  const message = await back.until({ type: "message", origin: entry });
  back.ack(message["seq"]);
  await mark(author, "delivered", Number(entry));
});

const order = serverCase("[L1][L4] messages come in order, and seqs only grow", async (world) => {
  const { other, author, reader } = await pair(world);
  const marker = `in order ${randomText()}`;
  const bodies = Array.from({ length: 30 }, (_, i) => `${marker} ${i}`);
  await sendAll(author, other.name, bodies, bodies.length);
  const messages = [];
  while (messages.length < bodies.length) {
    const frame = await reader.until({ type: "message" });
    if (String(frame["body"]).startsWith(marker)) messages.push(frame);
  }
  expectEqual(
    messages.map(({ body }) => body),
    bodies,
    "the bodies",
  );
  for (const field of ["seq", "origin"]) {
    const numbers = messages.map((frame) => Number(frame[field]));
    expectThat(
      numbers.every((n, i) => i === 0 || n > Number(numbers[i - 1])),
      `${field} grows`,
    );
  }
});

export const receipts = [steps, neverBack, carbons, atHead, order];
