// Typing and presence, as they are shown and as they are sent.
import { beforeEach, expect, test } from "vitest";
import { connectedClient, fromBob, link, advance, PAUSE, settle, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

const presence = (online: boolean, at: number, user = "bob") => ({ type: "presence", user, online, at });

test("[G2] typing expires after 10 s, or with a message", async () => {
  const { me, mailbox } = await connectedClient();
  const typists = () => [...me.typists.value];
  await mailbox.deliver({ type: "typing", from: "bob" });
  await advance(9_000);
  expect(typists()).toEqual(["bob"]);
  await mailbox.deliver({ type: "typing", from: "bob" });
  await advance(9_999);
  expect(typists()).toEqual(["bob"]);
  await advance(1);
  expect(typists()).toEqual([]);
  await mailbox.deliver({ type: "typing", from: "bob" }, { type: "typing", from: "carol" });
  await mailbox.deliver(fromBob(1));
  expect(typists()).toEqual(["carol"]);
});

test("[G2] typing is sent every 4 s at most, and at once after a message", async () => {
  const { me, mailbox } = await connectedClient();
  const typed = async () => (await mailbox.sent()).filter(({ type }) => type === "typing").map(({ to }) => to);
  for (let i = 0; i < 10; i++) {
    me.typing("Bob");
    await advance(500);
  }
  expect(await typed()).toEqual(["bob", "bob"]);
  me.typing("carol");
  me.send("bob", "done");
  me.typing("bob");
  expect(await typed()).toEqual(["carol", "bob"]);
});

test("[G4] a user who goes offline is shown online for 15 s more, so that a reload does not flicker", async () => {
  const { me, mailbox } = await connectedClient();
  const seen: (boolean | undefined)[] = [];
  me.presence.watch(["bob"]);
  await settle();
  me.presence.subscribe((all) => seen.push(all.get("bob")?.online));
  await mailbox.deliver(presence(true, 1));
  await mailbox.deliver(presence(false, 2));
  await advance(14_000);
  await mailbox.deliver(presence(true, 3));
  await advance(2_000);
  expect(seen).toEqual([undefined, true, true]);
  await mailbox.deliver(presence(false, 4));
  await advance(14_999);
  expect(me.presence.value.get("bob")).toEqual({ online: true, at: 3 });
  await advance(1);
  expect(me.presence.value.get("bob")).toEqual({ online: false, at: 4 });
});

test("[G4] a user who was never online here is shown offline at once, with the time", async () => {
  const { me, mailbox } = await connectedClient();
  me.presence.watch(["bob"]);
  await settle();
  await mailbox.deliver(presence(false, 5));
  expect(me.presence.value.get("bob")).toEqual({ online: false, at: 5 });
});

test("[G3][T16] watched users are sent again on every connection, and after 15 s without one no presence is known", async () => {
  const { me, mailbox } = await connectedClient();
  me.presence.watch(["Bob", "carol", "no such name"]);
  expect(await mailbox.sent()).toEqual([{ type: "watch", peers: ["bob", "carol"] }]);
  await mailbox.deliver(presence(true, 1));
  await mailbox.cut();
  await advance(PAUSE);
  await link().welcome();
  expect(await link().sent()).toEqual([{ type: "watch", peers: ["bob", "carol"] }]);
  await link().deliver(presence(true, 2));
  await advance(15_000);
  expect(me.presence.value.get("bob")).toEqual({ online: true, at: 2 });
  await link().cut();
  await advance(14_000);
  expect(me.presence.value.size).toBe(1);
  await advance(1_000);
  expect(me.presence.value.size).toBe(0);
  await settle();
});
