// Typing and presence, as they are shown and as they are said.
import { beforeEach, expect, test } from "vitest";
import { entered, fromBob, link, pass, PAUSE, settle, stage } from "./scripted.ts";

beforeEach(stage);

const presence = (online: boolean, at: number, user = "bob") => ({ type: "presence", user, online, at });

test("[G2] typing is let go of after 10 s, or with a message", async () => {
  const { me, mailbox } = await entered();
  const typists = () => [...me.typists.value];
  await mailbox.tell({ type: "typing", from: "bob" });
  await pass(9_000);
  expect(typists()).toEqual(["bob"]);
  await mailbox.tell({ type: "typing", from: "bob" });
  await pass(9_999);
  expect(typists()).toEqual(["bob"]);
  await pass(1);
  expect(typists()).toEqual([]);
  await mailbox.tell({ type: "typing", from: "bob" }, { type: "typing", from: "carol" });
  await mailbox.tell(fromBob(1));
  expect(typists()).toEqual(["carol"]);
});

test("[G2] one's own typing is said every 4 s at most, and at once again after a message", async () => {
  const { me, mailbox } = await entered();
  const said = async () => (await mailbox.said()).filter(({ type }) => type === "typing").map(({ to }) => to);
  for (let i = 0; i < 10; i++) {
    me.typing("Bob");
    await pass(500);
  }
  expect(await said()).toEqual(["bob", "bob"]);
  me.typing("carol");
  me.send("bob", "done");
  me.typing("bob");
  expect(await said()).toEqual(["carol", "bob"]);
});

test("[G4] who leaves is shown for 15 s more, so that a page that is loaded again does not flicker", async () => {
  const { me, mailbox } = await entered();
  const seen: (boolean | undefined)[] = [];
  me.presence.subscribe((all) => seen.push(all.get("bob")?.online));
  await mailbox.tell(presence(true, 1));
  await mailbox.tell(presence(false, 2));
  await pass(14_000);
  await mailbox.tell(presence(true, 3));
  await pass(2_000);
  expect(seen).toEqual([undefined, true, true]);
  await mailbox.tell(presence(false, 4));
  await pass(14_999);
  expect(me.presence.value.get("bob")).toEqual({ online: true, at: 3 });
  await pass(1);
  expect(me.presence.value.get("bob")).toEqual({ online: false, at: 4 });
});

test("[G4] who was never seen online is shown offline at once, with the time", async () => {
  const { me, mailbox } = await entered();
  await mailbox.tell(presence(false, 5));
  expect(me.presence.value.get("bob")).toEqual({ online: false, at: 5 });
});

test("[G3] whom one watches is said again on every connection, and without one nobody is known after 15 s", async () => {
  const { me, mailbox } = await entered();
  me.presence.watch(["Bob", "carol", "no such name"]);
  expect(await mailbox.said()).toEqual([{ type: "watch", peers: ["bob", "carol"] }]);
  await mailbox.tell(presence(true, 1));
  await mailbox.cut();
  await pass(PAUSE);
  await link().welcome();
  expect(await link().said()).toEqual([{ type: "watch", peers: ["bob", "carol"] }]);
  await link().tell(presence(true, 2));
  await pass(15_000);
  expect(me.presence.value.get("bob")).toEqual({ online: true, at: 2 });
  await link().cut();
  await pass(14_000);
  expect(me.presence.value.size).toBe(1);
  await pass(1_000);
  expect(me.presence.value.size).toBe(0);
  await settle();
});
