// The store comes first: a message is shown when it is stored, and acknowledged after that.
import { beforeEach, expect, test } from "vitest";
import { memoryStore } from "../../src/client/connect.ts";
import type { Store } from "../../src/client/store.ts";
import { ACK_DELAY, advance, fromBob, link, links, newClient, PAUSE, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** A store whose writes a test completes one by one. */
function slow(): { store: Store; write: (error?: Error) => Promise<void>; held: () => number } {
  const inner = memoryStore();
  const held: ((error?: Error) => void)[] = [];
  const store: Store = {
    lasting: false,
    open: (name, first) => inner.open(name, first),
    write: async (commit) => {
      const error = await new Promise<Error | undefined>((done) => held.push(done));
      if (error !== undefined) throw error;
      await inner.write(commit);
    },
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  const write = async (error?: Error) => {
    held.shift()?.(error);
    await settle();
  };
  return { store, write, held: () => held.length };
}

test("[W2][T18] a message is shown when it is stored and acknowledged after that, one commit for each text", async () => {
  const { store, write } = slow();
  const me = await newClient({ store });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await write();
  await link().deliver(fromBob(1), fromBob(2));
  expect([shown, await link().sent()]).toEqual([[], []]);
  await link().deliver(fromBob(3));
  await write();
  expect([shown, await link().sent()]).toEqual([["message 1", "message 2"], [{ type: "ack", seq: 2 }]]);
  await write();
  expect([shown.length, await link().sent()]).toEqual([3, [{ type: "ack", seq: 3 }]]);
});

test("[T18][T8] a commit of the epoch before, which is stored late, is not acknowledged in the next epoch", async () => {
  const { store, write } = slow();
  await newClient({ store });
  await link().welcome();
  await write();
  await link().deliver(fromBob(5));
  await link().cut();
  await advance(PAUSE);
  await link().welcome({ epoch: "e2" });
  await write();
  await advance(ACK_DELAY);
  expect(await link().sent()).toEqual([]);
  await link().deliver({ type: "gap", from: 1, seq: 2 }, fromBob(3));
  await write();
  await write();
  expect(await link().sent()).toEqual([{ type: "ack", seq: 3 }]);
});

test("a store that fails stops the client with a reason, and retry() continues at the cursor of the store", async () => {
  const { store, write } = slow();
  const me = await newClient({ store });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await write();
  await link().deliver(fromBob(1));
  await write(new Error("the disk is full"));
  expect(me.connection.value).toMatchObject({
    is: "stopped",
    message: expect.stringContaining("the disk is full") as string,
  });
  expect(shown).toEqual([]);
  const lost = me.send("bob", "while it was broken");
  await expect(lost.kept).rejects.toThrow("the store has failed");
  expect(lost.state.value).toMatchObject({ is: "failed", code: "not_kept" });
  me.retry();
  await settle();
  expect(links.length).toBe(2);
  expect(link().query["cursor"]).toBeUndefined();
  await link().welcome();
  await link().deliver(fromBob(1));
  await write();
  expect(shown).toEqual(["message 1"]);
  await write();
});
