// Bad input in both dialects, as a table: each gets its documented answer, the connection continues unless the table
// says otherwise, and no accepted message is lost.
import { expect, test } from "vitest";
import { LIMITS } from "../../src/protocol/limits.ts";
import { fresh, open, plain } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const send = (fields: string) => `{"type":"send",${fields}}`;
const binary = (text: string) => Uint8Array.from(new TextEncoder().encode(text)).buffer;
const big = "x".repeat(LIMITS.bodyBytes);

/** A text of a v1 device, and the one answer to it. */
const table: [name: string, text: string | ArrayBuffer, answer: Record<string, unknown>][] = [
  ["no JSON", "hello", { type: "error", code: "bad_frame" }],
  ["half a JSON", '{"type":"send"', { type: "error", code: "bad_frame" }],
  ["an empty text", "", { type: "error", code: "bad_frame" }],
  ["a blank text", " \n ", { type: "error", code: "bad_frame" }],
  ["JSON null", "null", { type: "error", code: "bad_frame" }],
  ["a number", "42", { type: "error", code: "bad_frame" }],
  ["a JSON text", '"send"', { type: "error", code: "bad_frame" }],
  ["an array in an array", "[[]]", { type: "error", code: "bad_frame" }],
  ["very deep nesting", deep(100_000), { type: "error", code: "bad_frame" }],
  ["a frame without fields", "{}", { type: "error", code: "bad_frame" }],
  ["an unknown type", '{"type":"shout"}', { type: "error", code: "bad_frame" }],
  ["a type that is no text", '{"type":{"a":1}}', { type: "error", code: "bad_frame" }],
  ["a type of the prototype", '{"type":"constructor"}', { type: "error", code: "bad_frame" }],
  ["__proto__ as the frame's key", '{"__proto__":{"type":"ack","seq":1}}', { type: "error", code: "bad_frame" }],
  ["a binary frame", binary('{"type":"ack","seq":0}'), { type: "error", code: "bad_frame" }],
  ["more frames than the limit", `[${"{},".repeat(LIMITS.frames)}{}]`, { type: "error", code: "too_large" }],
  ["an ack without seq", '{"type":"ack"}', { type: "error", code: "bad_frame" }],
  ["a negative ack", '{"type":"ack","seq":-1}', { type: "error", code: "bad_frame" }],
  ["an ack as text", '{"type":"ack","seq":"1"}', { type: "error", code: "bad_frame" }],
  ["a send without fields", '{"type":"send"}', { type: "error", code: "bad_frame" }],
  ["an id of 0", send('"id":0,"to":"bob","body":1'), { type: "error", code: "bad_frame" }],
  ["a negative id", send('"id":-1,"to":"bob","body":1'), { type: "error", code: "bad_frame" }],
  ["a fraction as id", send('"id":1.5,"to":"bob","body":1'), { type: "error", code: "bad_frame" }],
  ["an id of 2^53", send('"id":9007199254740992,"to":"bob","body":1'), { type: "error", code: "bad_frame" }],
  ["an id as text", send('"id":"1","to":"bob","body":1'), { type: "error", code: "bad_frame" }],
  ["an id that jumps", send('"id":9007199254740991,"to":"bob","body":1'), { type: "refused", code: "out_of_order" }],
  ["no receiver", send('"id":1,"body":1'), { type: "refused", id: 1, code: "bad_frame" }],
  ["a receiver that is no text", send('"id":1,"to":["bob"],"body":1'), { type: "refused", id: 1, code: "bad_frame" }],
  ["a receiver that is no name", send('"id":1,"to":"bob/../x","body":1'), { type: "refused", id: 1, code: "bad_name" }],
  ["an empty receiver", send('"id":1,"to":"","body":1'), { type: "refused", id: 1, code: "bad_name" }],
  ["__proto__ as receiver", send('"id":1,"to":"__proto__","body":1'), { type: "refused", id: 1, code: "bad_name" }],
  ["a reserved receiver", send('"id":1,"to":"System","body":1'), { type: "refused", id: 1, code: "reserved_name" }],
  ["no body", send('"id":1,"to":"bob"'), { type: "refused", id: 1, code: "bad_frame" }],
  ["a body over the limit", send(`"id":1,"to":"bob","body":"${big}"`), { type: "refused", id: 1, code: "too_large" }],
  [
    "a body in bytes over it",
    send(`"id":1,"to":"bob","body":"${"你".repeat(22_000)}"`),
    { type: "refused", code: "too_large" },
  ],
  [
    "a body that is too deep",
    send(`"id":1,"to":"bob","body":${deep(129)}`),
    { type: "refused", id: 1, code: "bad_frame" },
  ],
];

test.each(table)("[F4][F5][V2] v1 answers %s, and the connection continues", async (_, text, answer) => {
  const alice = await open(fresh("alice"));
  const bob = await open(fresh("bob"));
  alice.socket.sendText(text);
  const { message, ...rest } = await alice.next();
  expect(rest).toMatchObject(answer);
  expect(message).toMatch(/\.$/);
  alice.send({ type: "send", id: 1, to: bob.welcome.user, body: "still here" });
  expect(await bob.next()).toMatchObject({ type: "message", body: "still here" });
});

test.each([
  ["constructor", 1],
  ["tostring", 1],
])("v1 takes the harmless name %s as a name", async (to, id) => {
  const alice = await open(fresh("alice"));
  const receiver = await open(to);
  alice.send({ type: "send", id, to, body: { __proto__x: 1 } });
  expect(await receiver.next()).toMatchObject({ type: "message", body: { __proto__x: 1 } });
});

test("[F1][F4] v1 accepts the good frames of a text beside a bad one", async () => {
  const alice = await open(fresh("alice"));
  const bob = await open(fresh("bob"));
  const to = bob.welcome.user;
  alice.socket.sendText(
    JSON.stringify([{ type: "send", id: 1, to, body: 1 }, 7, { type: "send", id: 2, to, body: 2 }]),
  );
  expect(await alice.until("error")).toMatchObject({ code: "bad_frame" });
  expect((await bob.take("message", 2)).map((frame) => frame["body"])).toEqual([1, 2]);
});

test("[A7] while AUTH is open, any text is taken as a token", async () => {
  const alice = await open(fresh("alice"));
  alice.send({ type: "token", token: "anything" });
  expect(await alice.next()).toEqual({ type: "token" });
});

test("[F1] an empty array is a text without frames, and gets no answer", async () => {
  const alice = await open(fresh("alice"));
  alice.socket.sendText("[]");
  alice.send({ type: "send", id: 1, to: alice.welcome.user, body: 1 });
  expect(await alice.next()).toMatchObject({ type: "accepted", id: 1 });
});

test("[F4][C1] v1 sends `closing` and closes with 1009 at a text over the limit, and accepted messages stay", async () => {
  const alice = await open(fresh("alice"));
  const bob = await open(fresh("bob"));
  alice.send({ type: "send", id: 1, to: bob.welcome.user, body: "kept" });
  await alice.until("accepted");
  alice.socket.sendText(" ".repeat(LIMITS.textBytes + 1));
  expect(await alice.until("closing")).toMatchObject({ code: 1009 });
  expect(await alice.socket.untilClosed()).toMatchObject({ code: 1009 });
  expect((await open(alice.welcome.user)).welcome.lastId).toBe(1);
  expect(await bob.next()).toMatchObject({ body: "kept" });
});

test("[F3] a text of exactly the limit is read", async () => {
  const alice = await open(fresh("alice"));
  alice.socket.sendText("[]".padEnd(LIMITS.textBytes, " "));
  expect(await alice.settled()).toEqual([]);
});

test("[F3] a body of exactly the limit arrives", async () => {
  const alice = await open(fresh("alice"));
  const bob = await open(fresh("bob"));
  const body = "x".repeat(LIMITS.bodyBytes - 2);
  alice.send({ type: "send", id: 1, to: bob.welcome.user, body });
  expect((await bob.next())["body"]).toBe(body);
});

/** A text of a plain client, and the code in the system's answer. */
const plainTable: [name: string, text: string | ArrayBuffer, code: string][] = [
  ["no JSON", "hello", "bad_frame"],
  ["half a JSON", '{"receiver":"bob"', "bad_frame"],
  ["JSON null", "null", "bad_frame"],
  ["a number", "42", "bad_frame"],
  ["an array", '[{"receiver":"bob","msg":"hi"}]', "bad_frame"],
  ["an object without fields", "{}", "bad_frame"],
  ["no receiver", '{"msg":"hi"}', "bad_frame"],
  ["a receiver that is no text", '{"receiver":7,"msg":"hi"}', "bad_frame"],
  ["a receiver that is no name", '{"receiver":"bob bob","msg":"hi"}', "bad_name"],
  ["__proto__ as receiver", '{"receiver":"__proto__","msg":"hi"}', "bad_name"],
  ["__proto__ as a key", '{"__proto__":{"receiver":"bob"},"msg":"hi"}', "bad_frame"],
  ["a reserved receiver", '{"receiver":"SYSTEM","msg":"hi"}', "reserved_name"],
  ["no msg and nothing else", '{"receiver":"bob","sender":"x"}', "bad_frame"],
  ["a msg over the limit", `{"receiver":"bob","msg":"${big}"}`, "too_large"],
  ["a msg that is too deep", `{"receiver":"bob","msg":${deep(200)}}`, "bad_frame"],
  ["very deep nesting", `{"receiver":"bob","msg":${deep(30_000)}}`, "bad_frame"],
  ["a binary frame", binary('{"receiver":"bob","msg":"hi"}'), "bad_frame"],
];

test.each(plainTable)("[P3] plain answers %s from the system, and the connection continues", async (_, text, code) => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await plain(a), await plain(b)];
  alice.sendText(text);
  expect(await nextFrame(alice)).toEqual({
    sender: "system",
    receiver: a,
    msg: expect.stringMatching(/\.$/),
    createTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    code,
  });
  alice.sendText(JSON.stringify({ receiver: b, msg: "still here" }));
  expect(await nextFrame(bob)).toMatchObject({ msg: "still here" });
});

test("[F4][P3] plain sends `too_large` from the system and closes with 1009 at a text over the limit", async () => {
  const alice = await plain(fresh("alice"));
  alice.sendText(" ".repeat(LIMITS.textBytes + 1));
  expect(await nextFrame(alice)).toMatchObject({ sender: "system", code: "too_large" });
  expect(await alice.untilClosed()).toMatchObject({ code: 1009 });
});

test.each(["", " ", "\n\t"])("[P3] plain ignores a blank text (%j)", async (text) => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await plain(a), await plain(b)];
  alice.sendText(text);
  alice.sendText(JSON.stringify({ receiver: b, msg: "first" }));
  expect(await nextFrame(bob)).toMatchObject({ msg: "first" });
  expect(alice.unreadTexts).toBe(0);
});
