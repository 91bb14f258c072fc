// Written rows are the largest part of the bill: how many a message costs in each of the two mailboxes.
import { expect, test } from "vitest";
import { fresh, open } from "../support/devices.ts";
import { countRowsWritten } from "../support/count-rows.ts";

async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "send", id: 1, to: b, body: "first" });
  await alice.until("mark");
  const seen = await bob.until("message");
  return {
    a,
    b,
    alice,
    bob: Object.assign(bob, { seen }),
    ofAlice: await countRowsWritten(a),
    ofBob: await countRowsWritten(b),
  };
}

test("a single message costs two rows in its author's mailbox, and one in the receiver's", async () => {
  const { b, alice, bob, ofAlice, ofBob } = await world();
  for (let id = 2; id <= 11; id++) {
    alice.send({ type: "send", id, to: b, body: id });
    await alice.until("mark");
    await bob.until("message");
  }
  expect([ofAlice(), ofBob()]).toEqual([20, 10]);
});

test("a changed mark costs one row: delivered and read in the author's mailbox, mine in the reader's", async () => {
  const { a, b, alice, bob, ofAlice, ofBob } = await world();
  const { seq } = bob.seen;
  bob.ack(seq);
  expect(await alice.until("mark")).toMatchObject({ delivered: expect.any(Number) });
  expect([ofAlice(), ofBob()]).toEqual([1, 0]);
  bob.send({ type: "read", peer: a, seq });
  expect(await alice.until("mark")).toMatchObject({ peer: b, read: expect.any(Number) });
  expect([ofAlice(), ofBob()]).toEqual([1, 1]);
});

test("a batch of 32 messages to one receiver costs as many rows as one message, receipts included", async () => {
  const { a, b, alice, bob, ofAlice, ofBob } = await world();
  alice.send(...Array.from({ length: 32 }, (_, i) => ({ type: "send", id: i + 2, to: b, body: i })));
  await alice.until("mark");
  const { seq } = (await bob.take("message", 32)).at(-1) ?? {};
  expect([ofAlice(), ofBob()]).toEqual([2, 1]);
  bob.ack(seq);
  await alice.until("mark");
  bob.send({ type: "read", peer: a, seq });
  expect(await alice.until("mark")).toMatchObject({ read: expect.any(Number) });
  expect([ofAlice(), ofBob()]).toEqual([2, 1]);
});

test("a conversation writes a page, one row, from 48 ranges on, and a batch is one range", async () => {
  const { b, alice, bob, ofAlice, ofBob } = await world();
  alice.send(...Array.from({ length: 200 }, (_, i) => ({ type: "send", id: i + 2, to: b, body: i })));
  await alice.until("mark");
  await bob.take("message", 200);
  expect([ofAlice(), ofBob()]).toEqual([2, 1]);
  const c = fresh("carol");
  const carol = await open(c);
  alice.send(...Array.from({ length: 100 }, (_, i) => ({ type: "send", id: i + 202, to: i % 2 ? c : b, body: i })));
  await alice.take("mark", 2);
  await Promise.all([bob.take("message", 50), carol.take("message", 50)]);
  // One row an entry, because every second seq is of the other peer; two pages; and the author's rows of both peers,
  // with the receipts.
  expect([ofAlice(), ofBob()]).toEqual([100 + 2 + 2, 50]);
});

test("a repeated message costs no row", async () => {
  const { b, alice, bob, ofAlice, ofBob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "first" });
  await alice.until("accepted");
  await bob.settled();
  expect([ofAlice(), ofBob()]).toEqual([0, 0]);
});

test("acks, pings and refused frames cost no row", async () => {
  const { alice, bob, ofAlice, ofBob } = await world();
  for (let n = 0; n < 50; n++) bob.ack(Number.MAX_SAFE_INTEGER);
  alice.send({ type: "send", id: 9, to: "x", body: 1 });
  alice.socket.sendText("ping");
  await alice.socket.text();
  await alice.until("refused");
  await bob.settled();
  expect([ofAlice(), ofBob()]).toEqual([0, 0]);
});

test("a connection costs one row when it ends: the cursor of the device, and when it was seen", async () => {
  const { b, alice, bob, ofBob } = await world();
  alice.send({ type: "send", id: 2, to: b, body: "second" });
  await bob.until("message");
  bob.ack(Number.MAX_SAFE_INTEGER);
  await alice.mark("delivered");
  expect(ofBob()).toBe(1);
  bob.socket.close();
  await bob.socket.untilClosed();
  expect(ofBob()).toBe(1);
  const again = await open(b);
  again.socket.close();
  await again.socket.untilClosed();
  expect(ofBob()).toBe(1);
});
