// [P*]: the plain dialect, with and without its name in the subprotocol.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import type { Socket } from "../socket.ts";
import type { User } from "../target.ts";
import type { World } from "../world.ts";

async function open(world: World, user: User, protocols: readonly string[] = []): Promise<Socket> {
  return world.socketOf(await world.upgrade(user, {}, protocols));
}

/** The next message on a plain socket. */
async function next(socket: Socket): Promise<Readonly<Record<string, unknown>>> {
  const text = await socket.text();
  expectThat(text !== null, "a plain message is expected");
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

const shape = serverCase(
  "[P1][P2][P6] a plain message has the server's fields, and the user's own come only to the own name",
  async (world) => {
    const user = await world.shared("plain");
    const socket = await open(world, user);
    socket.send(JSON.stringify({ receiver: user.name, msg: "hi", sender: "somebody", createTime: "never", x: 1 }));
    const message = await next(socket);
    expectFields(message, { sender: user.name, receiver: user.name, msg: "hi", x: 1 }, "the message");
    expectThat(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(String(message["createTime"])), "createTime is a time in UTC");
  },
);

const refusals = serverCase(
  "[P3] a blank text is ignored, and a refusal comes from system with a code",
  async (world) => {
    const user = await world.shared("plain");
    const socket = await open(world, user);
    for (const blank of ["", "  ", "\n"]) socket.send(blank);
    socket.send("{");
    expectFields(await next(socket), { sender: "system", code: "bad_frame" }, "the answer to {");
    socket.send(JSON.stringify({ receiver: "no name!", msg: "x" }));
    expectFields(await next(socket), { sender: "system", code: "bad_name" }, "the answer to a bad name");
    socket.send(JSON.stringify({ receiver: user.name, msg: "x", code: "declined" }));
    expectFields(await next(socket), { sender: user.name, code: undefined }, "a message with a code");
  },
);

const between = serverCase("[P7] bodies pass between the dialects", async (world) => {
  const user = await world.someone();
  const [device, socket] = [await world.open(user), await open(world, user, ["restante.plain"])];
  expectEqual(socket.protocol, "restante.plain", "the subprotocol");
  const pairs: [unknown, Readonly<Record<string, unknown>>][] = [
    ["text", { msg: "text" }],
    [[1, null], { msg: [1, null] }],
    [
      { msg: "m", color: "red" },
      { msg: "m", color: "red" },
    ],
    [{ color: "red" }, { msg: '{"color":"red"}', color: "red" }],
  ];
  for (const [body, fields] of pairs) {
    device.send(user.name, body);
    let message = await next(socket);
    while (Object.entries(fields).some(([name, value]) => JSON.stringify(message[name]) !== JSON.stringify(value)))
      message = await next(socket);
    expectFields(message, { sender: user.name, ...fields }, "on the plain socket");
  }
  socket.send(JSON.stringify({ receiver: user.name, msg: "only" }));
  while ((await device.until({ type: "message" }))["body"] !== "only");
  socket.send(JSON.stringify({ receiver: user.name, msg: "more", x: 1 }));
  expectEqual((await device.until({ type: "message" }))["body"], { msg: "more", x: 1 }, "a body with more fields");
});

const away = serverCase(
  "[P4] on connecting, a plain socket receives what no device has had, in order",
  async (world) => {
    const user = await world.shared("plain");
    const bodies = ["one", "two", "three"];
    await world.http("POST", "/api/messages", { user, body: bodies.map((body) => ({ to: user.name, body })) });
    const socket = await open(world, user);
    for (const body of bodies) expectFields(await next(socket), { msg: body }, "the message");
    const later = await open(world, user);
    later.send(JSON.stringify({ receiver: user.name, msg: "four" }));
    expectFields(await next(later), { msg: "four" }, "the first message on the next socket");
  },
);

const refused = serverCase("[D4] a plain upgrade with a wrong name is refused with an HTTP status", async (world) => {
  const user = await world.someone();
  const connected = await world.upgrade({ ...user, name: "no name!" }, {}, []);
  expectThat("refused" in connected, "the upgrade is refused");
  expectEqual(connected.refused.status, 400, "the status");
  const fields = JSON.parse(connected.refused.body) as unknown;
  expectFields(fields, { code: "bad_name" }, "the answer");
});

export const plain = [away, shape, refusals, between, refused];
