// The ids of drafts: stored before they are sent, and kept across connections and processes.
import { beforeEach, expect, test } from "vitest";
import { connect, memoryStore } from "../../src/client/connect.ts";
import type { Commit, Store } from "../../src/client/store.ts";
import { accepted, connectedClient, link, newClient, playNetwork, reconnect, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[S10][T2] an id is stored before the text that uses it is sent", async () => {
  const held: (() => void)[] = [];
  const inner = memoryStore();
  const seen: Commit[] = [];
  const store: Store = {
    lasting: true,
    open: (name, first) => inner.open(name, first),
    write: async (commit) => {
      await new Promise<void>((done) => held.push(done));
      seen.push(commit);
      await inner.write(commit);
    },
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  const me = await newClient({ store });
  await link().welcome();
  held.shift()?.();
  const { kept } = me.send("bob", "a");
  await settle();
  expect(await link().sent()).toEqual([]);
  held.shift()?.();
  await kept;
  await settle();
  expect(seen.at(-1)?.drafts).toMatchObject([{ body: "a", id: 1 }]);
  expect(await link().sent()).toEqual([send(1, "a")]);
});

test("[S2][T3] a message without an answer is sent again with its id, and one that the mailbox never had with the next id", async () => {
  const { me, mailbox } = await connectedClient();
  const [a, b] = ["a", "b"].map((body) => me.send("bob", body));
  expect(await mailbox.sent()).toEqual([send(1, "a"), send(2, "b")]);
  me.send("bob", "c");
  const next = await reconnect(mailbox, { lastId: 1 });
  expect(await next.sent()).toEqual([send(1, "a"), send(2, "b"), send(3, "c")]);
  await next.deliver(accepted(1, 11), accepted(2, 12, "queued"));
  expect([a?.state.value.is, b?.state.value.is]).toEqual(["stored", "queued"]);
});

test("[S10][T2] after a crash the same message has the same id, also before a second message with the same body", async () => {
  const store = { ...bare(memoryStore()), lasting: true };
  const first = connect({ url: "http://mailbox.test", userName: "alice", store });
  await settle();
  await link().welcome();
  first.send("bob", "ok");
  await link().sent();
  await first.close();
  const me = await newClient({ store });
  me.send("bob", "ok");
  await link().welcome({ lastId: 1 });
  // Two messages with the same body: the mailbox took the first, the second is another message.
  expect(await link().sent()).toEqual([send(1, "ok"), send(2, "ok")]);
});

test("[S10][T2][T8] an id that a message has lost is removed from the store before another message gets it", async () => {
  const store = { ...bare(memoryStore()), lasting: true };
  const first = connect({ url: "http://mailbox.test", userName: "alice", store });
  await settle();
  await link().welcome();
  first.send("bob", "late");
  await settle();
  // It never arrived, and another device with a copy of this store used the id meanwhile.
  await reconnect(link(), { lastId: 0 });
  const kept = await store.open("", { device: "", epoch: null, cursor: null, base: 0, listed: true });
  expect(kept.drafts).toMatchObject([{ id: 1 }]);
  await reconnect(link(), { lastId: 3 });
  await reconnect(link(), { lastId: 3, epoch: "e2" });
  const now = await store.open("", { device: "", epoch: null, cursor: null, base: 0, listed: true });
  expect(now.drafts).toMatchObject([{ id: 4 }]);
  expect((await link().sent()).filter(({ type }) => type === "send")).toEqual([send(4, "late")]);
  await first.close();
});

/** A store that copies what it reads and writes, as a disk does. */
function bare(store: Store): Omit<Store, "lasting" | "shared"> {
  return {
    open: async (name, first) => structuredClone(await store.open(name, first)),
    write: (commit) => store.write(structuredClone(commit)),
    piece: (peer, before, limit) => store.piece(peer, before, limit),
    close: () => store.close(),
  };
}
