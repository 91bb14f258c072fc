// The rows that accounts, limits and contact requests write, beyond those of the messages.
import { expect, test } from "vitest";
import { claimed, openAs, say } from "../../support/accounts.ts";
import { meter } from "../../support/meter.ts";

async function world() {
  const [a, b] = [await claimed("alice"), await claimed("bob")];
  const [alice, bob] = [await openAs(a), await openAs(b)];
  // The table is created with its first row, which is not counted here.
  for (const { token } of [a, b]) await say("PUT", "/api/blocks/somebody", undefined, token);
  await Promise.all([alice.until("peer"), bob.until("peer")]);
  return { a, b, alice, bob, ofAlice: await meter(a.userName), ofBob: await meter(b.userName) };
}

test("first contact writes one more row in the author's mailbox and two in the receiver's, later messages none", async () => {
  const { b, alice, bob, ofAlice, ofBob } = await world();
  alice.send({ type: "send", id: 1, to: b.userName, body: "hello" });
  await alice.until("mark");
  await bob.until("message");
  // entry, peer, contact; entry, peer, contact, and the entry that reports the standing.
  expect([ofAlice(), ofBob()]).toEqual([3, 4]);
  alice.send({ type: "send", id: 2, to: b.userName, body: "it is me" });
  await alice.until("mark");
  await bob.until("message");
  expect([ofAlice(), ofBob()]).toEqual([2, 1]);
});

test("a declined message writes the rows of a message and a failure at the author, and one row a batch at the receiver", async () => {
  const { a, b, alice, ofBob } = await world();
  await say("PUT", `/api/blocks/${a.userName}`, undefined, b.token);
  ofBob();
  alice.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: b.userName, body: id })));
  await alice.take("failed", 5);
  expect(ofBob()).toBe(1);
});

test("reads and wrong tokens write no row, and a flood of wrong codes two rows an hour", async () => {
  const { a, ofAlice } = await world();
  await say("GET", "/api/devices", undefined, a.token);
  await say("GET", "/api/export", undefined, a.token);
  await say("GET", "/api/devices", undefined, `${a.token.slice(0, -1)}A`);
  await say("POST", "/api/sign-in/passkey/options", { userName: a.userName });
  await say("POST", "/api/passkeys/options", undefined, a.token);
  expect(ofAlice()).toBe(0);
  for (let i = 0; i < 20; i++) await say("POST", "/api/sign-in", { userName: a.userName, code: "1".repeat(25 - i) });
  expect(ofAlice()).toBe(2);
});
