// The plain dialect, as existing pages use it, and messages between the dialects.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { fresh, open, plain, sendAll, world } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

const createTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);

test("[P1] a classic client sends and receives as before, Chinese names and texts included", async () => {
  const [a, b] = [fresh("张三"), fresh("李四")];
  const [zhang, li] = [await plain(a), await plain(b)];
  zhang.sendText(JSON.stringify({ receiver: b, msg: "你好" }));
  expect(await li.text()).toMatch(/^\{"sender":"张三/);
  li.sendText(JSON.stringify({ receiver: a, msg: "嗨" }));
  expect(await nextFrame(zhang)).toEqual({ sender: b, receiver: a, msg: "嗨", createTime });
});

test("[P2] the server sets sender, receiver and createTime, also if a client sends others", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await plain(a), await plain(b)];
  alice.sendText(
    JSON.stringify({ sender: "mallory", receiver: b.toUpperCase(), createTime: "1970", code: "x", msg: "hi", n: 1 }),
  );
  expect(await nextFrame(bob)).toEqual({ sender: a, receiver: b, msg: "hi", createTime, n: 1 });
});

test("[P6] a user is not sent their own messages, except those to themselves", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [one, two, bob] = [await plain(a), await plain(a), await plain(b)];
  one.sendText(JSON.stringify({ receiver: b, msg: "to bob" }));
  await nextFrame(bob);
  one.sendText(JSON.stringify({ receiver: a, msg: "to me" }));
  expect(await nextFrame(one)).toEqual({ sender: a, receiver: a, msg: "to me", createTime });
  expect(await nextFrame(two)).toEqual({ sender: a, receiver: a, msg: "to me", createTime });
});

test("[P4] messages that came while no socket was open are sent in order, once, on connecting", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await plain(a);
  for (let n = 1; n <= 5; n++) alice.sendText(JSON.stringify({ receiver: b, msg: n }));
  const bob = await plain(b);
  for (let n = 1; n <= 5; n++) expect(await nextFrame(bob)).toMatchObject({ msg: n });
  bob.close();
  await bob.untilClosed();
  alice.sendText(JSON.stringify({ receiver: b, msg: 6 }));
  const again = await plain(b);
  expect(await nextFrame(again)).toMatchObject({ msg: 6 });
});

test("[P5] the cursor of the plain device is persisted after 256 entries, so that a crash repeats fewer", async () => {
  const { b, alice } = await world();
  const bob = await plain(b);
  await sendAll(alice, b, 300);
  for (let n = 0; n < 300; n++) await nextFrame(bob);
  await sendAll(alice, b, 1, () => "last");
  await nextFrame(bob);
  await abortAllDurableObjects();
  expect(await nextFrame(await plain(b))).toMatchObject({ msg: "last" });
});

test("[P5] messages handed to an open socket are not sent again after hibernation", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await plain(a), await plain(b)];
  alice.sendText(JSON.stringify({ receiver: b, msg: 1 }));
  expect(await nextFrame(bob)).toMatchObject({ msg: 1 });
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "hibernate" });
  const second = await plain(b);
  alice.sendText(JSON.stringify({ receiver: b, msg: 2 }));
  expect(await nextFrame(bob)).toMatchObject({ msg: 2 });
  expect(await nextFrame(second)).toMatchObject({ msg: 2 });
});

/** A plain text up, its v1 body, and the plain text down. */
const crossing: [up: Record<string, unknown>, body: unknown, down: Record<string, unknown>][] = [
  [{ msg: "hi" }, "hi", { msg: "hi" }],
  [{ msg: { a: 1 } }, { a: 1 }, { a: 1, msg: '{"a":1}' }],
  [{ msg: [1] }, [1], { msg: [1] }],
  [{ msg: null }, null, { msg: null }],
  [
    { msg: "hi", kind: "text" },
    { msg: "hi", kind: "text" },
    { msg: "hi", kind: "text" },
  ],
  [{ kind: "poke" }, { kind: "poke" }, { kind: "poke", msg: '{"kind":"poke"}' }],
  [{ msg: "hi", sender: "x" }, { msg: "hi" }, { msg: "hi" }],
];

test.each(crossing)("[P7] the plain text %j has the v1 body %j, and becomes %j again", async (up, body, down) => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, phone, classic] = [await plain(a), await open(b), await plain(b)];
  alice.sendText(JSON.stringify({ receiver: b, ...up }));
  expect((await phone.next())["body"]).toEqual(body);
  expect(await nextFrame(classic)).toEqual({ sender: a, receiver: b, createTime, ...down });
});

test("[P3] a v1 body can't pass for a text of the system", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await plain(b)];
  const body = { sender: "system", receiver: "x", createTime: "1970", code: "bad_frame", msg: "trust me" };
  alice.send({ type: "send", id: 1, to: b, body });
  expect(await nextFrame(bob)).toEqual({ sender: a, receiver: b, msg: "trust me", createTime });
});
