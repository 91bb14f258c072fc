// An iteration over a store that keeps what was taken: it begins after that, in a further iteration, in a further client,
// and after the end of a process; and no answer is stored without it, or it without the answer.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeEach, expect, test, vi } from "vitest";
import type { Commit, Message, Restante, Store } from "../../src/client/connect.ts";
import { StoredMessages } from "../../src/client/stored-messages.ts";
import { nodeStore } from "../../src/node/node-store.ts";
import { advance, fromBob, link, newClient, playNetwork } from "./scripted.ts";

let file: string;

beforeEach(() => {
  playNetwork();
  const folder = mkdtempSync(join(tmpdir(), "restante-stored-"));
  file = join(folder, "alice.db");
  return () => rmSync(folder, { recursive: true });
});

/** The store writes in later turns of the event loop. */
async function written(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await advance(1);
}

/** A client on the file, whose process can end without a word. */
async function start(): Promise<{ me: Restante; commits: readonly Commit[]; kill: () => Promise<void> }> {
  const store = nodeStore(file);
  const commits: Commit[] = [];
  let isGone = false;
  const never = new Promise<never>(() => undefined);
  const mounted: Store = {
    lasting: true,
    open: (name, first) => store.open(name, first),
    write(commit) {
      commits.push(commit);
      return isGone ? never : store.write(commit);
    },
    piece: (peer, before, limit) => store.piece(peer, before, limit),
    arrivals: async (after, limit) => (isGone ? never : ((await store.arrivals?.(after, limit)) ?? [])),
    written: async (key) => (isGone ? never : store.written?.(key)),
    close: async (forget) => (isGone ? undefined : store.close(forget)),
  };
  const me = await newClient({ store: mounted });
  const kill = async () => {
    isGone = true;
    await store.close();
  };
  return { me, commits, kill };
}

/** Welcomes the client, and delivers these messages of bob. */
async function deliver(...seqs: number[]): Promise<void> {
  await link().welcome();
  await link().deliver(...seqs.map((seq) => fromBob(seq)));
  await written();
}

/** Starts an iteration whose steps a test takes one by one. */
function iterate(me: Restante): { next: () => Promise<unknown>; end: () => Promise<void> } {
  const iterator = me.messages[Symbol.asyncIterator]();
  return {
    async next() {
      const step = iterator.next();
      await written();
      const { value } = await Promise.race([step, Promise.resolve({ value: undefined })]);
      return (value as Message | undefined)?.body;
    },
    end: async () => void (await iterator.return?.()),
  };
}

test("after the end of the process an iteration begins with the message that was not taken", async () => {
  const { me, kill } = await start();
  await deliver(1, 2, 3, 4);
  const first = iterate(me);
  expect([await first.next(), await first.next(), await first.next()]).toEqual(["message 1", "message 2", "message 3"]);
  await kill();
  const second = iterate((await start()).me);
  expect([await second.next(), await second.next()]).toEqual(["message 3", "message 4"]);
});

test("messages that arrived without an iteration, in this process and in an earlier one, wait for the first", async () => {
  const { kill } = await start();
  await deliver(1, 2);
  await kill();
  const { me } = await start();
  await deliver(1, 2, 3);
  const reader = iterate(me);
  expect([await reader.next(), await reader.next(), await reader.next()]).toEqual([
    "message 1",
    "message 2",
    "message 3",
  ]);
});

test("what is stored is acknowledged, though no iteration has taken it", async () => {
  const { me } = await start();
  const reader = iterate(me);
  await deliver(1, 2, 3);
  await reader.next();
  await written();
  expect(await link().sent()).toContainEqual({ type: "ack", seq: 3 });
});

test("an iteration waits for messages, and is given more than one page of them", async () => {
  const { me } = await start();
  const given: unknown[] = [];
  const ended = (async () => {
    for await (const { body } of me.messages) given.push(body);
  })();
  await written();
  const seqs = Array.from({ length: 250 }, (_, i) => i + 1);
  await deliver(...seqs);
  await link().deliver(fromBob(251));
  await written();
  expect(given).toEqual([...seqs, 251].map((seq) => `message ${seq}`));
  const closed = me.close();
  await written();
  await Promise.all([ended, closed]);
});

test("a loop that an error leaves has not taken its message: the next loop begins with it", async () => {
  const { me } = await start();
  await deliver(1, 2, 3);
  const given: unknown[] = [];
  const loop = async (failsAt: unknown) => {
    for await (const { body } of me.messages) {
      given.push(body);
      if (body === failsAt) throw new Error("failed");
    }
  };
  await expect(loop("message 2")).rejects.toThrow("failed");
  await expect(loop("message 3")).rejects.toThrow("failed");
  expect(given).toEqual(["message 1", "message 2", "message 2", "message 3"]);
  await written();
});

test("of two iterations the slower one decides what is taken", async () => {
  const { me, kill } = await start();
  await deliver(1, 2, 3);
  const [slow, fast] = [iterate(me), iterate(me)];
  expect([await slow.next(), await slow.next()]).toEqual(["message 1", "message 2"]);
  for (let step = 0; step < 4; step++) await fast.next();
  await kill();
  const { me: later, kill: killLater } = await start();
  expect(await iterate(later).next()).toBe("message 2");
  await killLater();
});

test("what was taken before close() is in the store when it resolves, also without a connection", async () => {
  const { me } = await start();
  await deliver(1, 2, 3);
  const reader = iterate(me);
  await reader.next();
  const taking = reader.next();
  const closed = me.close();
  await written();
  await Promise.all([taking, closed]);
  expect(await iterate((await start()).me).next()).toBe("message 2");
});

test.each([0, 1, 2, 3])(
  "an answer and the message that it took are one commit, while another is under way: %i turns later",
  async (turns) => {
    const { me, commits } = await start();
    await deliver(1);
    const iterator = me.messages[Symbol.asyncIterator]();
    const message = iterator.next();
    await written();
    await message;
    me.send("bob", "before");
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    // In the same task, as a loop without an await does it.
    me.send("bob", "an answer");
    void iterator.next();
    await written();
    const taking = commits.filter(({ taken }) => taken !== undefined);
    expect(taking.map(({ drafts }) => drafts?.at(-1)?.body)).toEqual(["an answer"]);
  },
);

test("a second client on the same file is stopped with a reason, with which its iteration, threads and messages fail", async () => {
  const { me: first } = await start();
  const { me } = await start();
  expect(me.connection.value).toMatchObject({ is: "stopped", reason: "not_kept" });
  const why = expect.stringContaining("is open in another process, and one device has one process.") as string;
  expect(me.connection.value).toMatchObject({ message: why });
  const next = me.messages[Symbol.asyncIterator]().next();
  await expect(next).rejects.toMatchObject({ name: "RestanteError", code: "not_kept", message: why });
  await expect(me.messages.with("bob").older()).rejects.toMatchObject({ message: why });
  const sent = me.send("bob", "hi");
  await written();
  expect(sent.state.value).toMatchObject({ is: "failed", code: "not_kept", message: why });
  expect(first.connection.value.is).not.toBe("stopped");
});

test("a message that arrives without an iteration is in the store alone: no queue holds it", async () => {
  vi.useRealTimers();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const feed = new StoredMessages({ user: "alice", check: null, read: async () => [], take: () => undefined });
  const about = { from: "bob", to: "alice", peer: "bob", at: 7, state: null };
  const bodies = Array.from({ length: 3 }, (_, i) => {
    const body = [i];
    feed.push({ ...about, key: `${i}`, seq: i, body });
    return new WeakRef(body);
  });
  // A WeakRef holds its object until the end of the task.
  await new Promise((done) => setImmediate(done));
  collect();
  expect(bodies.map((body) => body.deref())).toEqual([undefined, undefined, undefined]);
  feed.end();
});
