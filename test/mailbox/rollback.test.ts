// Storage outlives the code that wrote it: this version reads the tables of the first one, and does not touch what
// newer code has added, so that a deploy can be rolled back.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { fresh, get, open } from "../support/devices.ts";

/** Tables of version 1 with some rows of every kind, as the first release wrote them. Never to be changed. */
const FIRST = [
  `CREATE TABLE mailbox (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, base INTEGER NOT NULL, checkpoint INTEGER NOT NULL, trimmed INTEGER NOT NULL, raised INTEGER NOT NULL,
    receipts INTEGER NOT NULL, presence INTEGER NOT NULL)`,
  `CREATE TABLE entry (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, peer TEXT NOT NULL, origin INTEGER, device TEXT,
    id INTEGER, at INTEGER NOT NULL, failed TEXT, body TEXT NOT NULL)`,
  `CREATE TABLE peer (name TEXT PRIMARY KEY, epoch TEXT, began INTEGER NOT NULL, high INTEGER NOT NULL, refused INTEGER NOT NULL,
    reached INTEGER NOT NULL, stored INTEGER NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    mine INTEGER NOT NULL, unread INTEGER NOT NULL, mark INTEGER NOT NULL, owesDelivered INTEGER NOT NULL,
    owesRead INTEGER NOT NULL, last INTEGER NOT NULL, page TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE page (peer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seqs TEXT NOT NULL,
    PRIMARY KEY (peer, first)) WITHOUT ROWID`,
  `CREATE TABLE device (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, lastId INTEGER NOT NULL,
    delivered INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
  `INSERT INTO mailbox VALUES (1, 1, 'NAME', 'first-life', 1000, 1000, 0, 0, 1, 1)`,
  `INSERT INTO entry VALUES (1001, 'out', 'bob-of-old', NULL, 'phone', 1, 5, NULL, '"hello"')`,
  `INSERT INTO entry VALUES (1003, 'in', 'bob-of-old', 77, NULL, NULL, 6, NULL, '{"text":"hi"}')`,
  `INSERT INTO entry VALUES (1004, 'out', 'nobody-of-old', NULL, 'phone', 2, 7, 'unknown_receiver', '"lost"')`,
  `INSERT INTO entry VALUES (1005, 'failed', 'nobody-of-old', 1004, NULL, NULL, 8, NULL, 'unknown_receiver')`,
  `INSERT INTO entry VALUES (1006, 'self', 'NAME', NULL, 'phone', 3, 9, NULL, '"note"')`,
  `INSERT INTO peer VALUES ('bob-of-old', 'bobs-life', 0, 77, 0, 1001, 1001, 1001, 0, 0, 1, 1002, 0, 0, 1003, '[1001,1003]')`,
  `INSERT INTO peer VALUES ('nobody-of-old', NULL, 0, 0, 0, 1004, 0, 0, 0, 0, 0, 0, 0, 0, 1004, '[1004]')`,
  `INSERT INTO peer VALUES ('NAME', NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1006, '[1006]')`,
  `INSERT INTO device VALUES ('phone', 1001, 3, 1006, 5)`,
];

afterEach(() => void vi.restoreAllMocks());

const mailboxOf = (name: string) => env.MAILBOX.getByName(name);
const evict = (name: string) => evictDurableObject(mailboxOf(name), { webSockets: "close" });

function sql(name: string, ...statements: string[]): Promise<unknown[]> {
  return runInDurableObject(mailboxOf(name), (_, { storage }) =>
    statements.map((statement) => storage.sql.exec(statement.replaceAll("NAME", name)).toArray()).at(-1),
  ) as Promise<unknown[]>;
}

test("[V5] this version reads tables of the first one: cursor, ids, marks, failures and history", async () => {
  const name = fresh("old");
  await sql(name, ...FIRST);
  await evict(name);
  const phone = await open(name, "phone", "&epoch=first-life&cursor=1001");
  expect(phone.welcome).toMatchObject({ epoch: "first-life", lastId: 3, head: 1006 });
  expect(await phone.take("message", 1)).toMatchObject([
    { seq: 1003, from: "bob-of-old", origin: 77, body: { text: "hi" } },
  ]);
  phone.send({ type: "send", id: 3, to: name, body: "note" }, { type: "send", id: 4, to: name, body: "new" });
  const answers = (await phone.take("accepted", 2)).toSorted((x, y) => Number(x["id"]) - Number(y["id"]));
  expect(answers).toMatchObject([{ id: 3, entry: 1006 }, { id: 4 }]);
  expect(answers[1]?.["entry"]).toBeGreaterThan(1006);
  const tablet = await open(name, "tablet");
  expect((await tablet.take("message", 3)).map(({ seq }) => seq)).toEqual([1001, 1003, 1004]);
  expect(await tablet.until("failed")).toMatchObject({ of: 1004, code: "unknown_receiver" });
  const { messages } = (await get(`/api/conversations/bob-of-old/messages?user=${name}`)) as {
    messages: { body: unknown }[];
  };
  expect(messages.map(({ body }) => body)).toEqual(["hello", { text: "hi" }]);
});

test("[V5] columns, tables and kinds of newer code survive a rollback, and the mailbox works as before", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "send", id: 1, to: b, body: "before" });
  bob.ack((await bob.until("message"))["seq"]);
  await alice.mark("delivered");
  await alice.settled();
  for (const name of [a, b]) {
    await sql(
      name,
      ...["mailbox", "run", "peer", "page", "device"].map(
        (table) => `ALTER TABLE ${table} ADD COLUMN novelty TEXT DEFAULT 'none'`,
      ),
      "UPDATE peer SET novelty = 'kept'",
      "UPDATE device SET novelty = 'kept'",
      "CREATE TABLE invention (name TEXT PRIMARY KEY) WITHOUT ROWID",
      `INSERT INTO run (seq, count, kind, peer, at, body, novelty) VALUES ((SELECT max(seq) + 9 FROM run), 1, 'edit', '${name === a ? b : a}', 1, '{}', 'new')`,
      "UPDATE peer SET last = (SELECT max(seq) FROM run), page = (SELECT json_group_array(seq) FROM entry)",
    );
    await evict(name);
  }
  const [again, back] = [await open(a), await open(b, "phone", "&cursor=head")];
  expect(again.welcome.lastId).toBe(1);
  // Enough for a row of the table `page`.
  again.send(...Array.from({ length: 70 }, (_, i) => ({ type: "send", id: i + 2, to: b, body: `after ${i}` })));
  const got = await back.take("message", 70);
  expect(got.map(({ body }) => body)).toEqual(Array.from({ length: 70 }, (_, i) => `after ${i}`));
  back.ack(got.at(-1)?.["seq"]);
  back.send({ type: "read", peer: a, seq: got.at(-1)?.["seq"] });
  await again.mark("read");
  const { messages } = (await get(`/api/conversations/${a}/messages?user=${b}&limit=200`)) as {
    messages: { body: unknown }[];
  };
  expect(messages.map(({ body }) => body)).toEqual(["before", ...got.map(({ body }) => body)]);
  again.socket.close();
  await again.socket.untilClosed();
  expect(await sql(a, "SELECT novelty FROM peer UNION SELECT novelty FROM device")).toEqual([{ novelty: "kept" }]);
  expect(await sql(a, "SELECT novelty FROM run WHERE kind = 'edit'")).toEqual([{ novelty: "new" }]);
});

test("[V5] a mailbox with tables of a newer version is refused as it is, and works again with code that knows them", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "send", id: 1, to: b, body: "before" });
  bob.ack((await bob.until("message"))["seq"]);
  await alice.mark("delivered");
  bob.socket.close();
  await bob.socket.untilClosed();
  const rows = () => sql(b, "SELECT *, (SELECT count(*) FROM run) AS runs FROM mailbox");
  await sql(b, "UPDATE mailbox SET version = 2");
  const before = await rows();
  await evict(b);
  const logged = vi.spyOn(console, "log");
  await expect(open(b)).rejects.toThrow();
  expect(JSON.stringify(logged.mock.calls)).toMatch(/tables have version 2, and this code reads 1/);
  alice.send({ type: "send", id: 2, to: b, body: "meanwhile" });
  expect(await alice.until("accepted")).toMatchObject({ state: "queued" });
  expect(await rows()).toEqual(before);
  await sql(b, "UPDATE mailbox SET version = 1");
  const back = await open(b);
  expect((await back.take("message", 1)).map(({ body }) => body)).toEqual(["meanwhile"]);
});

test.each([[undefined], [99], [-1], [Number.NaN]])(
  "[M14][V4] a delivery with the depth %s is accepted like any other",
  async (hops) => {
    const { deliver } = Mailbox.prototype;
    vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, packed) {
      const { hops: _, ...delivery } = unpack(packed);
      return deliver.call(this, hops === undefined ? delivery : { ...delivery, hops });
    });
    const [alice, bob] = [await open(fresh("alice")), await open(fresh("bob"))];
    for (const id of [1, 2]) {
      alice.send({ type: "send", id, to: bob.welcome.user, body: id });
      bob.ack((await bob.until("message"))["seq"]);
      expect(await alice.mark("delivered")).toMatchObject({ peer: bob.welcome.user });
    }
  },
);
