// The rows that accounts, limits and contact requests write, beyond those of the messages.
import { expect, test } from "vitest";
import { claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { countRowsWritten } from "../../support/count-rows.ts";

async function world() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  // The table is created with its first row, which is not counted here.
  for (const { token } of [a, b]) await callApi("PUT", "/api/blocks/somebody", undefined, token);
  await Promise.all([alice.until("peer"), bob.until("peer")]);
  return { a, b, alice, bob, ofAlice: await countRowsWritten(a.userName), ofBob: await countRowsWritten(b.userName) };
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
  await callApi("PUT", `/api/blocks/${a.userName}`, undefined, b.token);
  ofBob();
  alice.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: b.userName, body: id })));
  await alice.take("failed", 5);
  expect(ofBob()).toBe(1);
});

test("reads and wrong tokens write no row, and a flood of wrong codes two rows an hour", async () => {
  const { a, ofAlice } = await world();
  await callApi("GET", "/api/devices", undefined, a.token);
  await callApi("GET", "/api/export", undefined, a.token);
  await callApi("GET", "/api/devices", undefined, `${a.token.slice(0, -1)}A`);
  await callApi("POST", "/api/sign-in/passkey/options", { userName: a.userName });
  await callApi("POST", "/api/passkeys/options", undefined, a.token);
  expect(ofAlice()).toBe(0);
  for (let i = 0; i < 20; i++)
    await callApi("POST", "/api/sign-in", { userName: a.userName, code: "1".repeat(25 - i) });
  expect(ofAlice()).toBe(2);
});
