// Retention, in a runtime whose RETENTION_ENTRIES is 100: removed entries become a gap, and unsettled messages stay.
import { env, exports } from "cloudflare:workers";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { retentionOf } from "../../src/mailbox/admin/retention-of.ts";
import { fresh, get, open, plain } from "../support/devices.ts";
import { type Device, nextFrame } from "../support/client-socket.ts";

/** Sends the bodies `first` to `last`, and waits until they are accepted. */
async function sendAll(from: Device, to: string, first: number, last: number) {
  for (let n = first; n <= last; n += 100) {
    const batch = Array.from({ length: Math.min(100, last - n + 1) }, (_, i) => n + i);
    from.send(...batch.map((id) => ({ type: "send", id, to, body: id })));
    await from.take("accepted", batch.length);
    from.ack(Number.MAX_SAFE_INTEGER);
  }
}

const messagesOf = (frames: Record<string, unknown>[]) =>
  frames.filter(({ type }) => type === "message").map(({ body }) => body);

test("[R5] a device with a cursor before the oldest entry gets a gap, then the rest", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 50);
  const bob = await open(b);
  const tenth = (await bob.take("message", 10)).at(-1)?.["seq"];
  await sendAll(alice, b, 51, 600);
  const back = await open(b, "phone", `&cursor=${String(tenth)}&epoch=${bob.welcome.epoch}`);
  const gap = await back.next();
  expect(gap).toEqual({ type: "gap", from: Number(tenth) + 1, seq: expect.any(Number) });
  const rest = messagesOf(await back.settled());
  expect(rest).toEqual(Array.from({ length: rest.length }, (_, i) => 600 - rest.length + i + 1));
  expect(rest.length).toBeGreaterThanOrEqual(100);
  expect(rest.length).toBeLessThan(600);
});

test("[R5][W1] entries removed behind a full window become a gap when the window opens, and not before", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  const bob = await open(b);
  await sendAll(alice, b, 1, 4_200);
  const shown = (await bob.settled()).filter(({ type }) => type === "message");
  expect(shown.length).toBeLessThan(4_200);
  await sendAll(alice, b, 4_201, 4_900);
  expect(await bob.settled()).toEqual([]);
  const last = Number(shown.at(-1)?.["seq"]);
  bob.ack(last);
  expect(await bob.next()).toEqual({ type: "gap", from: last + 1, seq: expect.any(Number) });
  expect(messagesOf(await bob.settled()).at(-1)).toBe(4_900);
});

test("[R5][R2] a new device starts with the oldest entry, and a device of another epoch gets a gap before it", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 600);
  const fresher = await open(b, "new");
  const kept = await fresher.settled();
  expect(kept[0]).toMatchObject({ type: "message" });
  const other = await open(b, "other", "&epoch=elsewhere&cursor=5");
  const [gap, first] = await other.settled();
  expect(gap).toEqual({ type: "gap", from: 1, seq: expect.any(Number) });
  expect(first).toEqual(kept[0]);
});

test("[H1][Q10] a device that missed `cleared` behind a gap finds in the list up to where the conversation is removed", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 50);
  const bob = await open(b);
  const last = (await bob.take("message", 50)).at(-1)?.["seq"];
  const path = `http://restante.test/api/conversations/${a}?user=${b}`;
  expect((await exports.default.fetch(new Request(path, { method: "DELETE" }))).status).toBe(204);
  await bob.until("cleared");
  await sendAll(alice, b, 51, 600);
  const back = await open(b, "tablet", `&cursor=${String(last)}&epoch=${bob.welcome.epoch}`);
  const frames = await back.settled();
  expect(frames[0]).toMatchObject({ type: "gap" });
  expect(frames.filter(({ type }) => type === "cleared")).toEqual([]);
  expect(await get(`/api/conversations?user=${b}`)).toMatchObject({ conversations: [{ peer: a, clearedUpTo: last }] });
});

test("[P3] a plain client gets a message of the system", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 600);
  const bob = await plain(b);
  expect(await nextFrame(bob)).toMatchObject({ sender: "system", code: "gone" });
  expect(await nextFrame(bob)).toMatchObject({ sender: a });
});

test("[S2] ids of removed messages are remembered: a repeat is accepted, without an entry", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 600);
  await abortAllDurableObjects();
  const back = await open(a, "phone", "&cursor=head");
  expect(back.welcome.lastId).toBe(600);
  back.send({ type: "send", id: 1, to: b, body: 1 });
  expect(await back.until("accepted")).toEqual({ type: "accepted", id: 1, state: "stored" });
  back.send({ type: "send", id: 601, to: b, body: 601 });
  expect(await back.until("accepted")).toMatchObject({ id: 601, state: "stored" });
});

test("[S2] ids of a silent device are remembered when messages of others displace its own", async () => {
  const [a, b, c] = [fresh("alice"), fresh("bob"), fresh("carol")];
  const laptop = await open(b, "laptop");
  await sendAll(laptop, c, 1, 5);
  // Fewer rows than between two checkpoints, and no later commit.
  const alice = await open(a);
  for (let n = 0; n < 6; n++) await sendAll(alice, b, n * 100 + 1, n * 100 + 100);
  await abortAllDurableObjects();
  expect((await open(b, "laptop", "&cursor=head")).welcome.lastId).toBe(5);
});

test("[R5] unsettled messages are not removed", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  const broken = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(() => {
    throw new Error("not to be reached");
  });
  await sendAll(alice, b, 1, 600);
  await open(a, "another");
  broken.mockRestore();
  const bob = await open(b);
  bob.send({ type: "send", id: 1, to: a, body: "here I am" });
  const got = (await bob.take("message", 601)).filter(({ from }) => from === a).map(({ body }) => body);
  expect(got).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
});

test("history ends at the oldest entry", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  await sendAll(alice, b, 1, 600);
  const read = async () => {
    const found = await get(`/api/conversations/${a}/messages?user=${b}&after=0&limit=200`);
    return found as { messages: { body: number }[]; more: boolean };
  };
  const { messages, more } = await read();
  expect(more).toBe(false);
  expect(messages.at(-1)?.body).toBe(600);
  expect(messages.length).toBeLessThan(200);
  await abortAllDurableObjects();
  expect(await read()).toMatchObject({ messages, more });
});

test("removed entries are not counted in a conversation, although the row of their page remains", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage: { sql } }) => {
    const retention = { entries: 10, age: null };
    const log = new Log(sql, retention);
    log.ensureCreated("alice");
    const size = ({ conversations, peers }: Log) => conversations.size(peers.get("bob"));
    for (let origin = 1; origin <= 60; origin++) {
      log.append({ kind: "in", peer: "bob", device: null, id: null, body: "1", origin, at: 1 });
      if (origin % 6 === 0) log.flush(() => null);
    }
    expect(size(log)).toBe(60);
    log.trim(() => null);
    log.flush(() => null);
    expect([size(log), size(new Log(sql, retention))]).toEqual([12, 12]);
  });
});

test("entries older than the age are removed, and younger ones stay", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, state) => {
    const log = new Log(state.storage.sql, { entries: null, age: 1_000 });
    log.ensureCreated("alice");
    const entry = { kind: "in", peer: "bob", device: null, id: null, body: "1" } as const;
    const now = Date.now();
    [5_000, 3_000, 0, 4_000].forEach((ago, origin) => log.append({ ...entry, origin, at: now - ago }));
    log.trim(() => null);
    expect(state.storage.sql.exec("SELECT origin FROM entry").toArray()).toEqual([{ origin: 2 }, { origin: 3 }]);
  });
});

test("a row of many entries is removed as a whole: at least the configured count is kept, and unsettled messages stay", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, state) => {
    const log = new Log(state.storage.sql, { entries: 10, age: null });
    log.ensureCreated("alice");
    const entry = { kind: "out", peer: "bob", origin: null, device: "phone", at: 1, body: "1" } as const;
    const seqs = Array.from({ length: 40 }, (_n, i) => {
      const { seq } = log.append({ ...entry, id: i + 1 });
      if (i % 8 === 7) log.flush(() => null);
      return seq;
    });
    const left = () => [...log.entries.headsAfter(0)].map(({ seq }) => seq);
    log.trim(() => seqs[12] ?? null);
    expect([left(), log.row?.trimmed]).toEqual([seqs.slice(8), seqs[7]]);
    log.trim(() => null);
    expect([left(), log.row?.trimmed]).toEqual([seqs.slice(24), seqs[23]]);
  });
});

test("[M4] a repeat of a removed message is confirmed as stored, and a refused one is refused again", async () => {
  const b = fresh("bob");
  await open(b);
  const now = Date.now() * 1_000;
  const deliver = (from: string, ...origins: number[]) =>
    runInDurableObject(env.MAILBOX.getByName(b), (object) => {
      const envelopes = origins.map((origin) => ({ origin, at: 1, body: "1" }));
      return object.deliver({ version: 1, from, epoch: "e1", to: b, toEpoch: null, after: 0, envelopes });
    });
  const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i * 2);
  await deliver("ann", ...range(now - 9_000_000, 5));
  await runInDurableObject(env.MAILBOX.getByName(b), (_, { storage }) => {
    // As after an earlier call that refused a later message.
    storage.sql.exec("UPDATE peer SET refused = ?, high = ?", now + 1_000_000_000, now + 1_000_000_000);
  });
  await abortAllDurableObjects();
  for (let n = 0; n < 7; n++) await deliver("carl", ...range(now + n * 1_000, 100));
  await open(b, "another");
  const old = range(now - 9_000_000, 5);
  expect((await deliver("ann", ...old)).refused).toEqual([]);
  const refused = await deliver("ann", ...old, now + 900_000_000);
  expect(refused.refused).toEqual([{ origin: now + 900_000_000, code: "declined" }]);
});

test.each([
  [{}, null, null],
  [{ RETENTION_DAYS: "", RETENTION_ENTRIES: " " }, null, null],
  [{ RETENTION_DAYS: "30", RETENTION_ENTRIES: "1000" }, 1_000, 30 * 86_400_000],
  [{ RETENTION_DAYS: "x", RETENTION_ENTRIES: "-1" }, null, null],
])("the variables %j keep %s entries for %s ms", (variables, entries, age) => {
  expect(retentionOf(variables)).toEqual({ entries, age });
});
