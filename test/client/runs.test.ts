// The same log, frame by frame and in runs: whoever reads it sees the same, wherever the runs are cut and whatever is said again.
import { beforeEach, expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { Random } from "../chaos/random.ts";
import { fold } from "../support/fold.ts";
import { entered, type Frame, settle, stage } from "./scripted.ts";

beforeEach(stage);

/** What others and the user's tablet wrote; now and then a sender sends again what it sent before, because the mailbox was set back. */
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

/** What is new to whoever reads it in order: no origin of an author twice. */
function news(frames: readonly Frame[]): unknown[] {
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

async function reader(): Promise<{ tell: (frames: readonly Frame[]) => Promise<void>; seen: () => Promise<unknown> }> {
  const { me, mailbox } = await entered({ device: "phone" });
  const shown: unknown[] = [];
  me.messages.subscribe(({ seq, from, body }) => shown.push([seq, from, body]));
  return {
    tell: (frames) => mailbox.tell(...frames),
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
    const folded = fold(text, () => random.chance(0.9));
    joined += text.length - folded.length;
    await single.tell(text);
    await inRuns.tell(folded);
  }
  expect(joined).toBeGreaterThan(10);
  expect(await single.seen()).toMatchObject({ shown: news(frames) });
  expect(await inRuns.seen()).toEqual(await single.seen());
});
