// A device sends messages: which are accepted, which are refused, and that an id always stands for one message.
import { expect, test } from "vitest";
import { fresh, open } from "../support/devices.ts";

const seq: unknown = expect.any(Number);

async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

test("[S5][S7][L5] a message is accepted as stored and arrives, stamped by the server", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "hi", from: "mallory", at: 1 });
  const own = await alice.next();
  expect(own).toEqual({ type: "message", seq, from: a, to: b, at: seq, id: 1, device: "phone" });
  expect(await alice.next()).toEqual({ type: "accepted", id: 1, entry: own["seq"], at: own["at"], state: "stored" });
  expect(await alice.next()).toEqual({ type: "mark", seq, peer: b, stored: own["seq"] });
  expect(await bob.next()).toEqual({
    type: "message",
    seq,
    from: a,
    to: b,
    at: own["at"],
    origin: own["seq"],
    body: "hi",
  });
});

test("a device is sent its own message with the `accepted`, in one text; another device is sent it at once", async () => {
  const { a, b, alice } = await world();
  const laptop = await open(a, "laptop");
  alice.send({ type: "send", id: 1, to: b, body: "hi" });
  const types = (text: string) => [JSON.parse(text) as { type: string }].flat().map(({ type }) => type);
  expect(types(await alice.socket.text()).slice(0, 2)).toEqual(["message", "accepted"]);
  expect(types(await laptop.socket.text())[0]).toBe("message");
});

test("[S9] every kind of JSON value is a body and arrives as it was", async () => {
  const { b, alice, bob } = await world();
  const bodies = [null, 0, -1.5, "", "你好 🚀", "\0", "\ud800 alone", [1, [2]], { a: { b: [null] } }, true];
  const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":"c"}') as unknown;
  alice.send(...[...bodies, hostile].map((body, i) => ({ type: "send", id: i + 1, to: b, body })));
  const got = await bob.take("message", bodies.length + 1);
  expect(got.map((frame) => JSON.stringify(frame["body"]))).toEqual([...bodies, hostile].map((b) => JSON.stringify(b)));
});

test("[S8] a message to oneself is one entry and is stored at once", async () => {
  const { a, alice } = await world();
  alice.send({ type: "send", id: 1, to: a, body: "note" });
  expect(await alice.until("accepted")).toMatchObject({ id: 1, state: "stored" });
  const frames = await alice.settled();
  expect(frames.filter((frame) => frame["type"] === "message")).toEqual([
    { type: "message", seq, from: a, to: a, at: seq, id: 1, device: "phone" },
  ]);
});

test("[L3] the other devices of the sender see the carbon with its body and the same seq", async () => {
  const { a, b, alice } = await world();
  const laptop = await open(a, "laptop");
  alice.send({ type: "send", id: 1, to: b, body: { x: 1 } });
  const { entry, at } = await alice.until("accepted");
  const carbon = { type: "message", seq: entry, from: a, to: b, at, id: 1, device: "phone", body: { x: 1 } };
  expect(await laptop.next()).toEqual(carbon);
});

test("[L3] all devices of the receiver are sent the message", async () => {
  const { b, alice, bob } = await world();
  const laptop = await open(b, "laptop");
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  expect(await bob.next()).toEqual(await laptop.next());
});

test("[S2] an id at or below the last one is accepted again, with the same entry", async () => {
  const { b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "one" });
  const first = await alice.until("accepted");
  alice.send({ type: "send", id: 1, to: b, body: "one" });
  expect(await alice.until("accepted")).toEqual(first);
  alice.send({ type: "send", id: 2, to: b, body: "two" });
  expect((await bob.take("message", 2)).map((frame) => frame["body"])).toEqual(["one", "two"]);
});

test("[S2] a send that can't be read is answered after the sends that wait: its id is taken by then", async () => {
  const { b, alice } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "one" });
  alice.send({ type: "send", id: 1, to: "!", body: "one" });
  expect(await alice.until("refused")).toMatchObject({ id: 1, code: "id_reused" });
});

test("[S2] a message that has failed since is accepted again as queued", async () => {
  const { alice } = await world();
  // Latin with a Cyrillic letter: a name that can't begin.
  const send = { type: "send", id: 1, to: "l\u0430tin", body: "one" };
  alice.send(send);
  const first = await alice.until("accepted");
  const failed = await alice.until("failed");
  expect([first["state"], failed["of"], failed["code"]]).toEqual(["queued", first["entry"], "unknown_receiver"]);
  alice.send(send);
  expect(await alice.until("accepted")).toEqual(first);
  alice.send({ ...send, body: "two" });
  expect(await alice.until("refused")).toMatchObject({ id: 1, code: "id_reused" });
});

test("[S2] a message that is sent again with its keys in another order is the same message, alone and in a run", async () => {
  const { b, alice, bob } = await world();
  alice.socket.sendText(`{"type":"send","id":1,"to":"${b}","body":{"a":{"x":1,"y":[1]},"b":null}}`);
  const first = await alice.until("accepted");
  alice.socket.sendText(`{"body":{"b":null,"a":{"y":[1.0],"x":1e0}},"to":"${b}","id":1,"type":"send"}`);
  expect(await alice.until("accepted")).toEqual(first);
  alice.socket.sendText(`{"type":"send","id":1,"to":"${b}","bodies":[{"b":null,"a":{"y":[1],"x":1}}]}`);
  expect(await alice.until("accepted")).toEqual(first);
  alice.socket.sendText(`{"type":"send","id":1,"to":"${b}","body":{"b":null,"a":{"y":[2],"x":1}}}`);
  expect(await alice.until("refused")).toMatchObject({ id: 1, code: "id_reused" });
  expect(await bob.take("message", 1)).toMatchObject([{ body: { a: { x: 1, y: [1] }, b: null } }]);
  expect(await bob.settled()).toEqual([]);
});

test.each([
  ["another body", { body: "other" }],
  ["another receiver", { to: "somebody-else" }],
  ["a receiver that is no name", { to: "!" }],
])("[S2] an id that was accepted is refused with %s", async (_, change) => {
  const { b, alice } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "one" });
  await alice.until("accepted");
  alice.send({ type: "send", id: 1, to: b, body: "one", ...change });
  expect(await alice.until("refused")).toMatchObject({ id: 1, code: "id_reused" });
});

test("[S3][S4] an id that skips others is refused and stays free", async () => {
  const { b, alice, bob } = await world();
  alice.send({ type: "send", id: 2, to: b, body: "too early" });
  expect(await alice.next()).toMatchObject({ type: "refused", id: 2, code: "out_of_order" });
  alice.send({ type: "send", id: 1, to: b, body: "one" }, { type: "send", id: 2, to: b, body: "two" });
  expect((await alice.take("accepted", 2)).map((frame) => frame["id"])).toEqual([1, 2]);
  expect((await bob.take("message", 2)).map((frame) => frame["body"])).toEqual(["one", "two"]);
});

test.each([
  ["bad_name", { to: "!" }],
  ["too_large", { body: "x".repeat(65_536) }],
  ["bad_frame", { body: undefined }],
  ["out_of_order", {}],
])("[S3] a send whose id skips others is answered %s if that is wrong with it too", async (code, change) => {
  const { b, alice } = await world();
  alice.send({ type: "send", id: 2, to: b, body: "too early", ...change });
  expect(await alice.next()).toMatchObject({ type: "refused", id: 2, code });
});

test("[S4] after the first refused send of a text, the later ones are refused as well", async () => {
  const { b, alice, bob } = await world();
  alice.send(
    { type: "send", id: 1, to: b, body: "one" },
    { type: "send", id: 2, to: "no such name!", body: "bad" },
    { type: "send", id: 3, to: b, body: "three" },
    { type: "ack", seq: 0 },
  );
  const refused = await alice.take("refused", 2);
  expect(refused.map(({ id, code }) => [id, code])).toEqual([
    [2, "bad_name"],
    [3, "out_of_order"],
  ]);
  alice.send({ type: "send", id: 2, to: b, body: "three" });
  expect((await bob.take("message", 2)).map((frame) => frame["body"])).toEqual(["one", "three"]);
});

test("[S1][F7] each device counts its own ids, and `welcome` has the last one", async () => {
  const { a, b, alice } = await world();
  const laptop = await open(a, "laptop");
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: b, body: 2 });
  laptop.send({ type: "send", id: 1, to: b, body: 3 });
  await alice.take("accepted", 2);
  await laptop.until("accepted");
  expect((await open(a, "phone")).welcome.lastId).toBe(2);
  expect((await open(a, "laptop")).welcome.lastId).toBe(1);
});

test("[L4] texts that arrive one after another keep their order", async () => {
  const { b, alice, bob } = await world();
  for (let id = 1; id <= 50; id++) alice.send({ type: "send", id, to: b, body: id });
  const bodies = (await bob.take("message", 50)).map((frame) => frame["body"]);
  expect(bodies).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});
