// [F1] to [F6] and [U6]: texts, frames that cannot be read, sizes, and the heartbeat.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";

const UNREADABLE = ["", "{", "null", "7", '"text"', "[[]]", "{}", '{"type":7}', '{"type":"x-unknown","seq":1}'];

const unreadable = serverCase(
  "[F2][F4] an unreadable text or frame is an error, and the connection stays",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    for (const text of UNREADABLE) {
      device.socket.send(text);
      expectFields(await device.next(), { type: "error", code: "bad_frame" }, `the answer to ${text}`);
    }
    device.socket.send(Buffer.from("{}"));
    expectFields(await device.next(), { type: "error", code: "bad_frame" }, "the answer to a binary message");
    await device.deliver(user.name, "still open");
  },
);

const readableId = serverCase("[F5] an unreadable send with a readable id is refused with it", async (world) => {
  const device = await world.open(await world.someone());
  const id = device.nextId;
  for (const fields of [{ to: 7, body: 1 }, { to: "bob" }, { body: 1 }, { to: null, body: null }]) {
    device.say({ type: "send", id, ...fields });
    expectFields(await device.until({ type: "refused" }), { id, code: "bad_frame" }, JSON.stringify(fields));
  }
  for (const wrong of [0, -1, 1.5, "1", 2 ** 53]) {
    device.say({ type: "send", id: wrong, to: "bob", body: 1 });
    expectFields(await device.next(), { type: "error", code: "bad_frame" }, `a send with the id ${wrong}`);
  }
});

const unknownFields = serverCase("[F2][S7] unknown fields are ignored, and so is the field from", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  device.say({ type: "send", id: device.nextId, to: user.name, body: 1, from: "somebody", "x-unknown": {} });
  expectFields(await device.until({ type: "message" }), { from: user.name, id: device.nextId }, "the message");
});

const batches = serverCase("[F1] a text may be an array of frames", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  device.socket.send("[]");
  const ids = device.send(user.name, "one", "two", "three");
  const accepted = await device.take("accepted", 3);
  expectEqual(
    accepted.map(({ id }) => id),
    ids,
    "the accepted ids",
  );
});

const tooMany = serverCase(
  "[F4] a text with too many frames is one error, and none of it has an effect",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    const count = Number(device.limits["frames"]) + 1;
    const first = { type: "send", id: device.nextId, to: user.name, body: 1 };
    device.socket.send(`[${JSON.stringify(first)}${',{"type":"ack","seq":0}'.repeat(count - 1)}]`);
    expectFields(await device.next(), { type: "error", code: "too_large" }, "the answer");
    const frames = await device.settled();
    expectThat(!frames.some(({ type }) => type === "accepted"), "nothing of it is accepted");
  },
);

const tooLong = serverCase("[F4] a text over textBytes ends the connection with 1009", async (world) => {
  const device = await world.open(await world.someone());
  const size = Number(device.limits["textBytes"]);
  device.socket.send(`{"type":"x","y":"${"x".repeat(size)}"}`);
  expectFields(await device.until({ type: "closing" }), { code: 1009, reason: "too_large" }, "closing");
});

const largest = serverCase("[F3][F4] a text of exactly textBytes is read", async (world) => {
  const device = await world.open(await world.someone());
  const [head, end] = ['{"type":"x-large","y":"', '"}'];
  const size = Number(device.limits["textBytes"]);
  device.socket.send(head + "é".repeat((size - head.length - end.length) >> 1) + "x".repeat((size - 25) & 1) + end);
  expectFields(await device.next(), { type: "error" }, "the answer");
  await device.settled();
});

const sizes = serverCase("[F3] a body is measured in UTF-8 bytes of its JSON text, to the byte", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  const limit = Number(device.limits["bodyBytes"]);
  for (const letter of ["x", "é", "你"]) {
    const count = Math.floor((limit - 2) / Buffer.byteLength(letter));
    const body = letter.repeat(count) + "x".repeat(limit - 2 - count * Buffer.byteLength(letter));
    await device.deliver(user.name, body);
    device.say({ type: "send", id: device.nextId, to: user.name, body: `${body}x` });
    expectFields(await device.until({ type: "refused" }), { id: device.nextId, code: "too_large" }, letter);
    device.ack(Number.MAX_SAFE_INTEGER);
  }
});

const heartbeat = serverCase("[F6] the text ping is answered with the text pong", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  await device.settled();
  device.socket.send("ping");
  await device.expectText("pong");
  const plain = world.socketOf(await world.upgrade(user, {}, ["restante.plain"]));
  plain.send("ping");
  for (;;) {
    const text = await plain.text();
    expectThat(text !== null, "a plain socket receives pong");
    if (text === "pong") break;
  }
});

export const frames = [unreadable, readableId, unknownFields, batches, tooMany, tooLong, largest, sizes, heartbeat];
