// Whose presence is watched: by several parts of an application, in several tabs, and no longer.
import { beforeEach, expect, test, vi } from "vitest";
import { advance, connectedClient, type Frame, link, type Link, playNetwork, reconnect, settle } from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(playNetwork);

const presence = (user: string, online = true): Frame => ({ type: "presence", user, online, at: 1 });

/** The lists of the frames `watch` since the last call. */
const watched = async (mailbox: Link) =>
  (await mailbox.sent()).filter(({ type }) => type === "watch").map(({ peers }) => peers);

test("[T16] the users that all parts watch are said once for each change, and on each connection", async () => {
  const { me, mailbox } = await connectedClient();
  const stopList = me.presence.watch(["bob", "carol"]);
  const stopThread = me.presence.watch(["bob"]);
  expect(await watched(mailbox)).toEqual([["bob", "carol"]]);
  stopThread();
  stopThread();
  expect(await watched(mailbox)).toEqual([]);
  const next = await reconnect(mailbox, {});
  expect(await watched(next)).toEqual([["bob", "carol"]]);
  stopList();
  expect(await watched(next)).toEqual([[]]);
  expect(await watched(await reconnect(next, {}))).toEqual([]);
});

test("[T16] a user whose watch ends and begins again in one task stays watched, and no frame is sent", async () => {
  const { me, mailbox } = await connectedClient();
  const stop = me.presence.watch(["bob"]);
  expect(await watched(mailbox)).toEqual([["bob"]]);
  await mailbox.deliver(presence("bob"));
  stop();
  me.presence.watch(["bob"]);
  expect(await watched(mailbox)).toEqual([]);
  expect(me.presence.value.get("bob")?.online).toBe(true);
});

test("[G3] a user who is no longer watched has no presence, also not the one that was on its way", async () => {
  const { me, mailbox } = await connectedClient();
  const stop = me.presence.watch(["bob"]);
  me.presence.watch(["carol"]);
  await settle();
  await mailbox.deliver(presence("bob"), presence("carol"));
  await mailbox.deliver(presence("bob", false));
  const seen: string[][] = [];
  me.presence.subscribe((all) => seen.push([...all.keys()]));
  stop();
  await settle();
  await mailbox.deliver(presence("bob"));
  expect(seen).toEqual([["bob", "carol"], ["carol"]]);
  await advance(15_000);
  expect(me.presence.value.has("bob")).toBe(false);
  await me.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("[G3] of more than 64 users the first ones of each part are watched, in turn", async () => {
  const { me, mailbox } = await connectedClient();
  const names = Array.from({ length: 100 }, (_, i) => `user${i}`);
  me.presence.watch(names);
  const stop = me.presence.watch(["bob"]);
  const [list = []] = (await watched(mailbox)) as string[][];
  expect(list).toEqual(["user0", "bob", ...names.slice(1, 63)]);
  await mailbox.deliver(presence("user62"), presence("user63"));
  expect([...me.presence.value.keys()]).toEqual(["user62"]);
  stop();
  expect(await watched(mailbox)).toEqual([names.slice(0, 64)]);
});

test("[G3] a tab is shown the presence that another tab watches already, as it is now", async () => {
  const tabs = new SharedStore();
  const first = await tabs.tab();
  await link().welcome();
  const peers = ["bob", "carol", "dora"];
  first.presence.watch(peers);
  await settle();
  await link().deliver(...peers.map((user) => presence(user)), presence("carol", false));
  const second = await tabs.tab();
  second.presence.watch(["bob", "carol"]);
  await settle();
  expect(second.presence.value.get("bob")).toEqual({ online: true, at: 1 });
  expect(second.presence.value.get("carol")).toEqual({ online: false, at: 1 });
  expect(await watched(link())).toEqual([peers]);
});

test("[T16] all that a tab watches in one task is one message to the other tabs", async () => {
  const tabs = new SharedStore();
  await tabs.tab();
  await link().welcome();
  const second = await tabs.tab();
  tabs.held = [];
  for (let n = 0; n < 10; n++) second.presence.watch([`user${n}`]);
  await settle();
  expect(tabs.held.length).toBe(1);
  await tabs.release();
  expect(await watched(link())).toEqual([Array.from({ length: 10 }, (_, n) => `user${n}`)]);
});

test("[T16] frames that the mailbox dropped are sent again once, also where a new connection comes before", async () => {
  const { me, mailbox } = await connectedClient();
  me.presence.watch(["bob"]);
  await mailbox.sent();
  const error = { type: "error", code: "rate_limited", message: "Too many.", retryAfter: 5_000 };
  await mailbox.deliver(error);
  const next = await reconnect(mailbox, {});
  expect(await watched(next)).toEqual([["bob"]]);
  await advance(5_000);
  expect(await watched(next)).toEqual([]);
});

test("[T16] a tab that begins to lead watches also for the tabs that were opened before it", async () => {
  const tabs = new SharedStore();
  const first = await tabs.tab();
  await link().welcome();
  const second = await tabs.tab();
  second.presence.watch(["bob"]);
  await settle();
  (await tabs.tab()).presence.watch(["carol"]);
  await settle();
  tabs.isReversed = true;
  await first.close();
  await settle();
  await link().welcome();
  expect((await watched(link())).map((peers) => (peers as string[]).toSorted())).toEqual([["bob", "carol"]]);
});
