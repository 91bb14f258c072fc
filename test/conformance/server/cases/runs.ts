// [F8]: runs, granted and not granted.
import { serverCase } from "../case.ts";
import type { Device } from "../device.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import type { Frame } from "../socket.ts";
import { Skipped } from "../../recording.ts";

/** The messages of frames, each with its own numbers. */
function messagesOf(frames: readonly Frame[]): { id: number; body: unknown }[] {
  return frames.flatMap((frame) => {
    const count = Number(frame["count"] ?? 1);
    const bodies = (frame["bodies"] as unknown[] | undefined) ?? [frame["body"]];
    return Array.from({ length: count }, (_, i) => ({ id: Number(frame["id"]) - count + 1 + i, body: bodies[i] }));
  });
}

/** Messages until there are `count`, however they are grouped. */
async function take(device: Device, count: number): Promise<{ id: number; body: unknown }[]> {
  const found: { id: number; body: unknown }[] = [];
  while (found.length < count) found.push(...messagesOf([await device.until({ type: "message" })]));
  return found;
}

const granted = serverCase(
  "[F8] a granted device sends and receives runs, with the numbers of the last",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user, { query: { runs: "1" } });
    if (device.welcome["runs"] !== true) throw new Skipped("the server grants no runs");
    const [single, other] = [await world.open(user), await world.open(user, { query: { runs: "1" } })];
    device.say({ type: "send", id: 3, to: user.name, bodies: ["one", { two: 2 }, null] });
    const expected = [
      { id: 1, body: "one" },
      { id: 2, body: { two: 2 } },
      { id: 3, body: null },
    ];
    let answered = 0;
    while (answered < 3) answered += Number((await device.until({ type: "accepted" }))["count"] ?? 1);
    for (const receiver of [single, other]) expectEqual(await take(receiver, 3), expected, `to ${receiver.name}`);
    device.nextId = 4;
    expectFields(await device.deliver(user.name, "four"), { id: 4 }, "the next id");
  },
);

const neverSent = serverCase("[F8] a device that did not ask for runs receives none", async (world) => {
  const user = await world.someone();
  const [device, single] = [await world.open(user, { query: { runs: "1" } }), await world.open(user)];
  device.send(user.name, ...Array.from({ length: 10 }, (_, i) => i));
  const messages = await single.take("message", 10);
  expectThat(!messages.some((frame) => "count" in frame || "bodies" in frame), "no frame has count or bodies");
});

const notGranted = serverCase("[F8] bodies from a device that was not granted runs are taken", async (world) => {
  const user = await world.someone();
  const [device, other] = [await world.open(user), await world.open(user)];
  device.say({ type: "send", id: 2, to: user.name, bodies: ["one", "two"] });
  const accepted = await device.take("accepted", 2);
  expectEqual(
    accepted.map(({ id, count }) => [id, count]).toSorted(),
    [
      [1, undefined],
      [2, undefined],
    ],
    "accepted",
  );
  expectEqual(
    (await other.take("message", 2)).map(({ body }) => body),
    ["one", "two"],
    "the bodies",
  );
});

const malformed = serverCase("[F8] a malformed run is refused as a whole, in one answer", async (world) => {
  const user = await world.someone();
  const device = await world.open(user, { query: { runs: "1" } });
  for (const [id, fields] of [
    [1, { bodies: [] }],
    [2, { bodies: "text" }],
    [2, { bodies: ["a", "b", "c"] }],
  ] as const) {
    device.say({ type: "send", id, to: user.name, ...fields });
    const refused = await device.answer(id);
    expectFields(refused, { type: "refused" }, `the answer to ${JSON.stringify(fields)}`);
    expectEqual(await device.settled(), [], `further answers to ${JSON.stringify(fields)}`);
  }
  await device.deliver(user.name, "the first id is free");
});

export const runs = [granted, neverSent, notGranted, malformed];
