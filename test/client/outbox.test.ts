// The texts of the outbox: ids, coalescing, runs, and the limits of a text.
import { beforeEach, expect, test } from "vitest";
import { accepted, advance, connectedClient, link, newClient, playNetwork, reconnect, send } from "./scripted.ts";

beforeEach(playNetwork);

test("[S1] ids continue after the lastId of the welcome, and drafts that wait for a text in flight are sent as one text", async () => {
  const me = await newClient();
  me.send("bob", "a");
  me.send("Bob", { b: [1] });
  await link().welcome({ lastId: 4 });
  expect(await link().sent()).toEqual([send(5, "a"), send(6, { b: [1] })]);
  me.send("bob", "c");
  me.send("carol", "d");
  expect(await link().sent()).toEqual([]);
  await link().deliver(accepted(5, 1), accepted(6, 2));
  const before = link().texts.length;
  expect(await link().sent()).toEqual([send(7, "c"), send(8, "d", "carol")]);
  expect(link().texts.length).toBe(before);
});

test("[F3] a text has at most the frames and the bytes that the welcome allows, of which an ack may be one", async () => {
  const me = await newClient();
  for (const body of ["a", "b", "c", "d"]) me.send("bob", body);
  const limits = { window: 10, windowBytes: 9_999, bodyBytes: 65_536, textBytes: 130, frames: 3 };
  await link().welcome({ limits });
  expect(link().texts.map((text) => (JSON.parse(text) as unknown[]).length)).toEqual([2]);
  expect(link().texts.every((text) => text.length <= 130)).toBe(true);
  await link().deliver(accepted(1, 1), accepted(2, 2));
  expect((await link().sent()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test("[F3][F8] where the mailbox reads runs, consecutive messages to one receiver are one frame, within the same limits", async () => {
  const me = await newClient();
  const bodies = ["a", { b: [1] }, "c", "d", "e", "f".repeat(60)];
  for (const [i, body] of bodies.entries()) me.send(i === 3 ? "carol" : "bob", body);
  const limits = { window: 10, windowBytes: 9_999, bodyBytes: 65_536, textBytes: 260, frames: 6 };
  await link().welcome({ limits, runs: true, lastId: 6 });
  const run = { type: "send", id: 9, to: "bob", bodies: bodies.slice(0, 3) };
  expect(await link().sent()).toEqual([run, send(10, "d", "carol"), send(11, "e")]);
  await link().deliver({ ...accepted(11, 11), count: 5 });
  expect(await link().sent()).toEqual([send(12, bodies[5])]);
  await link().deliver(accepted(12, 12));
  me.send("bob", "f".repeat(190));
  me.send("bob", "g".repeat(20));
  expect((await link().sent()).map(({ id }) => id)).toEqual([13]);
  expect(link().texts.every((text) => text.length <= 260)).toBe(true);
});

test("[S2][F8] an id that was already answered between two others is in no run", async () => {
  const { me, mailbox } = await connectedClient();
  for (const [to, body] of [
    ["bob", "a"],
    ["bob", "b"],
    ["carol", "c"],
  ] as const)
    me.send(to, body);
  await mailbox.sent();
  await mailbox.deliver(accepted(3, 13));
  me.send("bob", "d");
  const next = await reconnect(mailbox, { lastId: 3, runs: true });
  expect(await next.sent()).toEqual([{ type: "send", id: 2, to: "bob", bodies: ["a", "b"] }, send(4, "d")]);
});

test.each([
  ["after 4 s", 4_000, [30, 30, 30, 10]],
  ["at once", 10, [30, 70]],
])(
  "[T5] where the mailbox answers %s, a text has at most what the link carries in two seconds",
  async (_, ms, texts) => {
    const me = await newClient();
    for (let n = 0; n < 100; n++) me.send("bob", `${n} ${"x".repeat(1_000)}`);
    const mailbox = link();
    await mailbox.welcome();
    const sizes: number[] = [];
    for (let answered = 0; answered < 100 && sizes.length < 100;) {
      const ids = (await mailbox.sent()).map(({ id }) => Number(id));
      sizes.push(ids.length);
      await advance(ms);
      await mailbox.deliver("pong");
      // Only the first answer counts: the others may wait for their receivers.
      await mailbox.deliver(...ids.slice(0, 1).map((id) => accepted(id, id)));
      await advance(2_000);
      await mailbox.deliver(...ids.slice(1).map((id) => accepted(id, id)));
      answered += ids.length;
    }
    expect(sizes).toEqual(texts);
  },
);

test("[T5] a new connection begins with small texts again", async () => {
  const me = await newClient();
  for (let n = 0; n < 100; n++) me.send("bob", `${n} ${"x".repeat(1_000)}`);
  const mailbox = link();
  await mailbox.welcome();
  await mailbox.sent();
  await mailbox.deliver(...Array.from({ length: 30 }, (_, i) => accepted(i + 1, i + 1)));
  expect(await mailbox.sent()).toHaveLength(70);
  const next = await reconnect(mailbox, { lastId: 30 });
  expect(await next.sent()).toHaveLength(30);
});
