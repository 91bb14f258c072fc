// Replies, edits and reactions through real mailboxes: what is accepted, what each device gets, and what is counted.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { countRowsWritten } from "../support/count-rows.ts";
import { fresh, get, open, plain } from "../support/devices.ts";
import type { Frame } from "../support/client-socket.ts";
import { conversation, history, listed, RELATIONS, Writer } from "../support/relations.ts";

const evict = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "close" });
const message = (frames: readonly Frame[]) => frames.filter(({ type }) => type === "message");

test("[I1][I7] each kind arrives with the receiver's own seq of the other message", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  const hers = Number((await bob.received())["seq"]);
  const his = await bob.sent("hello");
  const seenByAlice = Number((await alice.received())["seq"]);
  expect(new Set([own, hers, his, seenByAlice]).size).toBe(4);

  await alice.sent("hi there", { to: own, is: "edit" });
  expect(await bob.received()).toMatchObject({ from: a, to: b, body: "hi there", re: { to: hers, is: "edit" } });
  await alice.sent(["👍"], { to: seenByAlice, is: "react" });
  expect(await bob.received()).toMatchObject({ body: ["👍"], re: { to: his, is: "react" } });
  await bob.sent("yes?", { to: hers, is: "reply" });
  const reply = await alice.received();
  expect(reply).toMatchObject({ body: "yes?", re: { to: own, is: "reply" } });
  // To a reply, and to the own message.
  await alice.sent(["❤️"], { to: Number(reply["seq"]), is: "react" });
  expect((await bob.received())["re"]).toEqual({ to: his + (Number(reply["origin"]) - his), is: "react" });
  await alice.sent("more", { to: own, is: "reply" });
  expect((await bob.received())["re"]).toEqual({ to: hers, is: "reply" });
});

test("[I1] the user's other devices get the relation too, after an eviction as before, from memory and from disk", async () => {
  const { a, b, alice } = await conversation();
  const tablet = await open(a, "tablet", RELATIONS);
  const own = await alice.sent("hi");
  await alice.sent("hello", { to: own, is: "edit" });
  const edit = { from: a, to: b, body: "hello", re: { to: own, is: "edit" } };
  expect((await tablet.take("message", 2)).at(-1)).toMatchObject(edit);
  await evict(a);
  const later = await open(a, "laptop", RELATIONS);
  expect((await later.take("message", 2)).at(-1)).toMatchObject(edit);
});

test("[F8] a relation is never in a run, neither between its neighbours nor with others", async () => {
  const { b, alice } = await conversation();
  const bob = await open(b, "tablet", `${RELATIONS}&runs=1`);
  const own = await alice.sent("first");
  const id = alice.device.welcome.lastId;
  const send = (n: number, re?: object) => ({ type: "send", id: id + n, to: b, body: `${n}`, ...(re && { re }) });
  const re = { to: own, is: "edit" };
  alice.device.send(send(1), send(2), send(3, re), send(4, re), send(5), send(6));
  const frames: Frame[] = [];
  while (frames.at(-1)?.["body"] !== "6" && !(frames.at(-1)?.["bodies"] as string[] | undefined)?.includes("6"))
    frames.push(await bob.until("message"));
  const related = frames.filter((frame) => "re" in frame);
  expect(related.map(({ body, count }) => [body, count])).toEqual([
    ["3", undefined],
    ["4", undefined],
  ]);
  const bodies = frames.flatMap((frame) => (frame["bodies"] as string[] | undefined) ?? [frame["body"]]);
  expect(bodies).toEqual(["first", "1", "2", "3", "4", "5", "6"]);
});

test("[I2] a relation to what is no message of the conversation is refused, and its id stays free", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  const edit = await alice.sent("hello", { to: own, is: "edit" });
  const carol = new Writer(alice.device, fresh("carol"));
  await bob.received();
  const refused = { type: "refused", code: "no_such_message" };
  for (const to of [1, own + 1_000_000, edit]) {
    expect(await alice.send("x", { to, is: "reply" })).toMatchObject(refused);
  }
  expect(await carol.send("x", { to: own, is: "reply" })).toMatchObject(refused);
  expect(await alice.send("free", { to: own, is: "reply" })).toMatchObject({ type: "accepted" });
  const url = `http://restante.test/api/conversations/${b}/messages/${own}?user=${a}`;
  await exports.default.fetch(new Request(url, { method: "DELETE" }));
  expect(await alice.send("x", { to: own, is: "reply" })).toMatchObject(refused);
});

test("[I3] nobody edits or takes back a message of somebody else, but replies and reacts to it", async () => {
  const { alice, bob } = await conversation();
  await alice.sent("hi");
  const to = Number((await bob.received())["seq"]);
  for (const [body, is] of [
    ["mine", "edit"],
    [null, "retract"],
  ] as const) {
    expect(await bob.send(body, { to, is })).toMatchObject({ type: "refused", code: "forbidden" });
  }
  expect(await bob.send("yes", { to, is: "reply" })).toMatchObject({ type: "accepted" });
  expect(await bob.send(["👍"], { to, is: "react" })).toMatchObject({ type: "accepted" });
});

test("[S2] a repeated relation gets the same answer, and another one under its id is id_reused", async () => {
  const { a, b, alice } = await conversation();
  const own = await alice.sent("hi");
  const entry = await alice.sent("hello", { to: own, is: "edit" });
  for (let n = 0; n < 2; n++) {
    const device = await open(a, "phone", RELATIONS);
    const again = (re?: object) => device.send({ type: "send", id: 2, to: b, body: "hello", ...(re && { re }) });
    again({ to: own, is: "edit" });
    expect(await device.until("accepted")).toMatchObject({ id: 2, entry });
    for (const re of [undefined, { to: own, is: "reply" }, { to: entry, is: "edit" }]) {
      again(re);
      expect(await device.until("refused")).toMatchObject({ id: 2, code: "id_reused" });
    }
    await evict(a);
  }
});

test("[I8] edits and reactions are never unread, nor the newest message of a conversation, also after a wake", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await alice.sent("hello", { to: own, is: "edit" });
  await alice.sent(["👍"], { to: own, is: "react" });
  await alice.sent("and?", { to: own, is: "reply" });
  await alice.sent(["❤️"], { to: own, is: "react" });
  for (let n = 0; n < 5; n++) await bob.received();
  for (let n = 0; n < 2; n++) {
    expect(await listed(b)).toMatchObject({ peer: a, unread: 2, last: { body: "and?", re: { is: "reply" } } });
    expect((await history(b, a)).map(({ body }) => body)).toEqual(["hi", "and?"]);
    expect((await history(a, b)).map(({ body }) => body)).toEqual(["hi", "and?"]);
    await evict(b);
    await evict(a);
  }
  const back = await open(b, "phone", RELATIONS);
  const seqs = (await history(b, a)).map(({ seq }) => Number(seq));
  back.send({ type: "read", peer: a, seq: seqs[0] });
  await back.mark("mine");
  expect(await listed(b)).toMatchObject({ unread: 1 });
});

test("[E3] a message read before an edit does not make the edit read", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  const hers = Number((await bob.received())["seq"]);
  const edit = await alice.sent("hello", { to: own, is: "edit" });
  await bob.received();
  bob.device.send({ type: "read", peer: a, seq: hers });
  expect(await alice.device.mark("read")).toMatchObject({ peer: b, read: own });
  bob.device.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  expect(await alice.device.mark("read")).toMatchObject({ peer: b, read: edit });
});

test("[I6] a device that has not asked for relations gets replies and edits as messages, and nothing of a reaction", async () => {
  const { a, b, alice, bob } = await conversation();
  const older = await open(b, "older");
  expect([bob.device.welcome.relations, older.welcome.relations]).toEqual([true, undefined]);
  const own = await alice.sent("hi");
  await alice.sent(["👍"], { to: own, is: "react" });
  await alice.sent("hello", { to: own, is: "edit" });
  await alice.sent("and?", { to: own, is: "reply" });
  const got = await older.take("message", 3);
  expect(got.map(({ body }) => body)).toEqual(["hi", "hello", "and?"]);
  await alice.sent(["❤️"], { to: own, is: "react" });
  older.ack(got.at(-1)?.["seq"]);
  expect(message(await older.settled())).toEqual([]);
  // The user's own reaction, on another device of that kind.
  const own2 = await open(a, "older");
  expect(message(await own2.settled()).map(({ body }) => body)).toEqual(["hi", "hello", "and?"]);
});

test("[I6][W5] a device that has not asked acknowledges in the middle of what it was sent, and reactions are not counted", async () => {
  const { b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  for (let n = 0; n < 20; n++)
    await alice.sent(n % 2 === 0 ? ["👍"] : `m${n}`, { to: own, is: n % 2 === 0 ? "react" : "reply" });
  for (let n = 0; n < 21; n++) await bob.received();
  const older = await open(b, "older");
  const got = await older.take("message", 11);
  for (const { seq } of got) older.ack(seq);
  await alice.sent("last");
  expect(await older.until("message")).toMatchObject({ body: "last" });
});

test("[I6][H7][H8] a page of the log has relations if it asked for them, and else what an older device gets", async () => {
  const { b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await alice.sent(["👍"], { to: own, is: "react" });
  await alice.sent("hello", { to: own, is: "edit" });
  for (let n = 0; n < 3; n++) await bob.received();
  const bodies = async (query: string) => {
    const { frames } = (await get(`/api/entries?user=${b}${query}`)) as { frames: Frame[] };
    return message(frames).map(({ body }) => body);
  };
  expect(await bodies("&relations=1")).toEqual(["hi", ["👍"], "hello"]);
  expect(await bodies("")).toEqual(["hi", "hello"]);
  const wrong = await exports.default.fetch(new Request(`http://restante.test/api/entries?user=${b}&relations=yes`));
  expect(wrong.status).toBe(400);
});

test("[P7] a plain socket gets an edit as a new text that says so, and no reaction", async () => {
  const { b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await alice.sent(["👍"], { to: own, is: "react" });
  await alice.sent({ msg: "hello", edited: "no" }, { to: own, is: "edit" });
  await alice.sent("hello", { to: own, is: "edit" });
  for (let n = 0; n < 4; n++) await bob.received();
  const page = await plain(b);
  const texts = [];
  for (let n = 0; n < 3; n++) texts.push(JSON.parse(await page.text()) as Frame);
  expect(texts.map(({ msg, edited }) => [msg, edited])).toEqual([
    ["hi", undefined],
    ["hello", true],
    ["hello", true],
  ]);
  await alice.sent("end");
  expect(JSON.parse(await page.text())).toMatchObject({ msg: "end" });
});

test("[H23] a message over HTTP has a relation, which is refused like that of a socket", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  const hers = Number((await bob.received())["seq"]);
  const post = async (body: unknown, key?: string) => {
    const headers = { "Content-Type": "application/json", ...(key !== undefined && { "Idempotency-Key": key }) };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await exports.default.fetch(new Request(`http://restante.test/api/messages?user=${a}`, init));
    return { status: response.status, body: (await response.json()) as Frame };
  };
  const edit = { to: b, body: "hello", re: { to: own, is: "edit" } };
  const { status, body } = await post(edit, "k1");
  expect([status, body]).toMatchObject([200, { type: "accepted" }]);
  expect(await bob.received()).toMatchObject({ body: "hello", re: { to: hers, is: "edit" } });
  expect(await post(edit, "k1")).toEqual({ status, body });
  expect((await post({ ...edit, re: { to: own, is: "reply" } }, "k1")).body).toMatchObject({ code: "id_reused" });
  const problem = async (change: object) => {
    const { status: failed, body: why } = await post({ ...edit, ...change });
    return [failed, why["code"], why["field"]];
  };
  expect(await problem({ re: { to: 1, is: "edit" } })).toEqual([404, "no_such_message", "re"]);
  expect(await problem({ re: { to: own, is: "retract" } })).toEqual([400, "bad_frame", "body"]);
  expect((await problem({ re: { to: own, is: "forward" } }))[0]).toBe(400);
  const his = await bob.sent("no");
  expect(his).toBeGreaterThan(0);
  const seen = Number((await alice.received())["seq"]);
  expect(await problem({ re: { to: seen, is: "edit" } })).toEqual([403, "forbidden", "re"]);
});

test("an edit, a reply and a reaction cost the rows of a message", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await bob.received();
  // The column, once in each log.
  await alice.sent("hello", { to: own, is: "edit" });
  await alice.device.mark("stored");
  await bob.received();
  const [ofAlice, ofBob] = [await countRowsWritten(a), await countRowsWritten(b)];
  for (const [body, is] of [
    ["hello", "edit"],
    ["and?", "reply"],
    [["👍"], "react"],
  ] as const) {
    await alice.sent(body, { to: own, is });
    await alice.device.mark("stored");
    await bob.received();
    // As in rows.test.ts.
    expect([is, ofAlice(), ofBob()]).toEqual([is, 2, 1]);
  }
});
