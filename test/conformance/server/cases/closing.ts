// [R4], [R6] and [C1]: one connection for each device, and which one is the stale one.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";

const replaced = serverCase(
  "[R4][C1] a newer connection of a device replaces the older one with 4409",
  async (world) => {
    const user = await world.someone();
    const old = await world.open(user, { device: "twice" });
    const newer = await world.connected(user, { device: "twice" });
    expectFields(await old.until({ type: "closing" }), { code: 4409, reason: "replaced" }, "closing");
    old.say({ type: "send", id: old.nextId, to: user.name, body: "from the old one" });
    expectFields(await old.socket.closed(), { code: 4409, reason: "replaced" }, "the close event");
    const { id } = await newer.deliver(user.name, "from the newer one");
    expectEqual(id, old.nextId, "the id: what the old connection sent was ignored");
  },
);

const stale = serverCase("[R6] an older attempt of the same instance is the stale one", async (world) => {
  const user = await world.someone();
  const device = await world.open(user, { device: "attempts", query: { attempt: "instance1.5" } });
  const { closing } = await world.refused(user, { device: "attempts", cursor: "head", attempt: "instance1.4" });
  expectFields(closing, { code: 4409, reason: "replaced" }, "closing of the older attempt");
  const frames = await device.settled();
  expectThat(!frames.some(({ type }) => type === "closing"), "the open connection stays");
  await world.open(user, { device: "attempts", query: { attempt: "instance1.6" } });
  expectFields(await device.until({ type: "closing" }), { code: 4409 }, "closing after a later attempt");
});

const otherInstance = serverCase("[R6] an attempt of another instance replaces the open connection", async (world) => {
  const user = await world.someone();
  const device = await world.open(user, { device: "instances", query: { attempt: "one.9" } });
  const other = await world.open(user, { device: "instances", query: { attempt: "two.1" } });
  expectFields(await device.until({ type: "closing" }), { code: 4409 }, "closing of the first instance");
  await world.open(user, { device: "instances" });
  expectFields(await other.until({ type: "closing" }), { code: 4409 }, "closing by one without an attempt");
});

const wrongAttempt = serverCase("[R6][D3] an attempt of another form is bad_query", async (world) => {
  const user = await world.someone();
  for (const attempt of ["1", "a.", ".1", "a.-1", "a b.1", `${"a".repeat(17)}.1`]) {
    const { closing } = await world.refused(user, { device: "wrong", attempt });
    expectFields(closing, { code: 4400, reason: "bad_query" }, `closing of ${JSON.stringify(attempt)}`);
  }
});

export const closing = [replaced, stale, otherInstance, wrongAttempt];
