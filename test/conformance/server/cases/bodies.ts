// [S9] and the depth of a body: JSON values arrive as they were sent.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields } from "../expect.ts";

/** JSON texts; each arrives as the value that it is. */
const BODIES = [
  "null",
  "true",
  "0",
  "1e20",
  "0.1",
  "9007199254740993",
  "[]",
  "{}",
  '""',
  '"\\u0000 \\ud800 \\udc00 \\ufeff"',
  '"é 你好 🚀 \u2028"',
  '{"":{"":""}}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"__proto__":1,"constructor":{"prototype":2}}',
  '{"type":"ack","seq":9007199254740991}',
];
const DEPTH = 128;

const values = serverCase("[S9] a body arrives as the JSON value that was sent", async (world) => {
  const user = await world.someone();
  const [device, other] = [await world.open(user), await world.open(user)];
  for (const text of BODIES) {
    device.socket.send(`{"type":"send","id":${device.nextId},"to":"${user.name}","body":${text}}`);
    const { body } = await other.until({ type: "message", id: device.nextId++ });
    expectEqual(JSON.stringify(body), JSON.stringify(JSON.parse(text)), `the body ${text}`);
  }
});

const numbers = serverCase("[S9] -0 becomes 0, and a number above every double is bad_frame", async (world) => {
  const user = await world.someone();
  const [device, other] = [await world.open(user), await world.open(user)];
  device.socket.send(`{"type":"send","id":1,"to":"${user.name}","body":[-0,1e-400]}`);
  expectEqual((await other.until({ type: "message" }))["body"], [0, 0], "the body");
  device.socket.send(`{"type":"send","id":2,"to":"${user.name}","body":[1e400]}`);
  expectFields(await device.until({ type: "refused" }), { id: 2, code: "bad_frame" }, "the answer to 1e400");
});

const depth = serverCase("[S9] a body has at most 128 levels", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  await device.deliver(user.name, nested(DEPTH));
  device.say({ type: "send", id: device.nextId, to: user.name, body: nested(DEPTH + 1) });
  expectFields(await device.until({ type: "refused" }), { code: "bad_frame" }, "a deeper one");
});

export const bodies = [values, numbers, depth];
