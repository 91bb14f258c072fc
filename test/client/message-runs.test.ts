// The same log, frame by frame and in runs: a client shows the same, for any cuts of the runs and any
// repeated frames.
import { beforeEach, expect, test } from "vitest";
import { memoryStore, type Restante } from "../../src/client/connect.ts";
import type { Commit, Store } from "../../src/client/store.ts";
import { Random } from "../chaos/random.ts";
import { encodeRuns } from "../support/encode-runs.ts";
import { connectedClient, type Frame, fromBob, link, advance, PAUSE, settle, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

/**
 * Messages of others and of the user's tablet. One of ten repeats earlier ones, as a sender does for a restored
 * mailbox.
 */
function written(random: Random): Frame[] {
  const origins = new Map([
    ["bob", 100],
    ["carol", 100],
  ]);
  let [seq, id, from] = [1_000, 1, "bob"];
  return Array.from({ length: 60 }, (): Frame => {
    seq += random.chance(0.1) ? 3 : 1;
    if (random.chance(0.2)) from = random.pick(["bob", "carol", "alice"]);
    if (random.chance(0.05)) return { type: "mark", seq, peer: "bob", stored: seq - 5, delivered: seq - 9 };
    const about = { type: "message", seq, from, at: 7, body: random.pick([null, "hi", { a: [seq] }]) };
    if (from === "alice") return { ...about, to: "bob", id: id++, device: "tablet" };
    const origin = (origins.get(from) ?? 0) + (random.chance(0.1) ? -random.below(4) : 1);
    origins.set(from, origin);
    return { ...about, to: "alice", origin };
  });
}

/** The messages that are new to a reader in order: no origin of an author twice. */
function newMessages(frames: readonly Frame[]): unknown[] {
  const highest = new Map<unknown, number>();
  const received = frames.filter(({ type, from }) => type === "message" && from !== "alice");
  return received
    .filter(({ from, origin }) => {
      const known = highest.get(from) ?? 0;
      highest.set(from, Math.max(known, Number(origin)));
      return Number(origin) > known;
    })
    .map(({ seq, from, body }) => [seq, from, body]);
}

async function reader(): Promise<{
  deliver: (frames: readonly Frame[]) => Promise<void>;
  seen: () => Promise<unknown>;
}> {
  const { me, mailbox } = await connectedClient({ device: "phone" });
  const shown: unknown[] = [];
  me.messages.subscribe(({ seq, from, body }) => shown.push([seq, from, body]));
  return {
    deliver: (frames) => mailbox.deliver(...frames),
    seen: async () => ({ shown, rows: rowsOf(me), threads: [await threadOf(me, "bob"), await threadOf(me, "carol")] }),
  };
}

function rowsOf(me: Restante): unknown {
  return me.conversations.value.map(({ peer, last, unread }) => [peer, last.seq, last.state?.is, unread]);
}

async function threadOf(me: Restante, peer: string): Promise<unknown> {
  const thread = me.messages.with(peer);
  await settle();
  return thread.value.map(({ seq, from, body, state }) => [seq, from, body, state?.is]);
}

test.each(Array.from({ length: 30 }, (_, seed) => seed))("[F8][L4] seed %i", async (seed) => {
  const random = new Random(seed);
  const frames = written(random);
  const [single, inRuns] = [await reader(), await reader()];
  let joined = 0;
  for (let next = 0; next < frames.length;) {
    const from = Math.max(0, next - random.below(8));
    next += 1 + random.below(20);
    const text = frames.slice(from, next);
    const folded = encodeRuns(text, () => random.chance(0.9));
    joined += text.length - folded.length;
    await single.deliver(text);
    await inRuns.deliver(folded);
  }
  expect(joined).toBeGreaterThan(10);
  expect(await single.seen()).toMatchObject({ shown: newMessages(frames) });
  expect(await inRuns.seen()).toEqual(await single.seen());
});

test("[L4][F8] of a run that begins below the cursor only the rest is shown", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body, seq }) => shown.push([seq, body]));
  await mailbox.deliver(fromBob(5), fromBob(6));
  const bodies = ["message 5", "message 6", "message 7", "message 8"];
  await mailbox.deliver({ ...fromBob(8), body: undefined, bodies, count: 4 });
  const seqs = [5, 6, 7, 8];
  expect(shown).toEqual(seqs.map((seq) => [seq, `message ${seq}`]));
  expect((await mailbox.sent()).at(-1)).toEqual({ type: "ack", seq: 8 });
  // The same without an origin.
  await mailbox.deliver({ ...fromBob(9, undefined, 0), bodies: ["message 8", "message 9"], count: 2 });
  expect(shown.slice(4)).toEqual([[9, "message 9"]]);
});

test("[F8] the first frame of a device may be a run, and all of it is stored", async () => {
  const { me, mailbox } = await connectedClient({ device: "phone" });
  await mailbox.deliver({ ...fromBob(8, undefined), bodies: ["a", "b", "c"], count: 3 });
  const thread = me.messages.with("bob");
  await settle();
  expect(thread.value.map(({ seq }) => seq)).toEqual([6, 7, 8]);
});

test("[L4][F8] of a run that its sender repeats for a restored mailbox only the rest is shown and counted", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body, seq }) => shown.push([seq, body]));
  await mailbox.deliver(fromBob(1), fromBob(2));
  const bodies = ["message 1", "message 2", "message 3", null];
  await mailbox.deliver({ ...fromBob(104, undefined, 4), bodies, count: 4 });
  await mailbox.deliver({ ...fromBob(204, undefined, 4), bodies, count: 4 });
  await mailbox.deliver(fromBob(205, "message 5", 5));
  expect(shown).toEqual([
    [1, "message 1"],
    [2, "message 2"],
    [103, "message 3"],
    [104, null],
    [205, "message 5"],
  ]);
  expect(me.conversations.value[0]?.unread).toBe(5);
});

test("[S2][F8] a carbon of a run without answers matches each of its drafts, and adds no other message", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b", "c"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.cut();
  await advance(PAUSE);
  const next = link();
  await next.welcome({ lastId: 3, head: 13 });
  const { device } = next.query;
  const carbon = { type: "message", seq: 13, from: "alice", to: "bob", at: 7, id: 3, device, count: 3 };
  await next.deliver({ ...carbon, bodies: ["a", "b", "c"] });
  const thread = me.messages.with("bob");
  await settle();
  const shown = () => thread.value.map(({ seq, body }) => [seq, body]);
  expect(shown()).toEqual(["a", "b", "c"].map((body) => [null, body]));
  // Retention has removed the entries meanwhile: the answer does not name them.
  await next.deliver({ type: "accepted", id: 3, state: "stored", count: 3 });
  expect(shown()).toEqual(["a", "b", "c"].map((body, i) => [11 + i, body]));
});

test("[S2] a draft that an answer in the same text settles is not written again", async () => {
  const inner = memoryStore();
  const commits: Commit[] = [];
  const store: Store = {
    lasting: false,
    open: (name, first) => inner.open(name, first),
    write: (commit) => (commits.push(commit), inner.write(commit)),
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  const { me, mailbox } = await connectedClient({ store });
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.sent();
  const { device } = mailbox.query;
  const carbon = { type: "message", seq: 12, from: "alice", to: "bob", at: 7, id: 2, device, count: 2 };
  await mailbox.deliver(carbon, { type: "accepted", id: 2, entry: 12, at: 7, state: "stored", count: 2 });
  const [kept, settled] = commits.slice(-2);
  expect(kept?.drafts?.map(({ body }) => body)).toEqual(["a", "b"]);
  expect(settled?.settled).toEqual(kept?.drafts?.map(({ key }) => key));
  expect(settled?.entries?.map(({ seq, body }) => [seq, body])).toEqual([
    [11, "a"],
    [12, "b"],
  ]);
  expect(settled?.drafts).toEqual([]);
});
