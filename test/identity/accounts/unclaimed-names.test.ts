// Names without an account: messages to them fail, and requests about them store nothing.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { claimAccount, closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";

/** The tables of a mailbox. */
const tablesOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );

test("[A6] a message to an unclaimed name is accepted, then fails, and leaves no trace there", async () => {
  const [alice, unclaimed] = [await claimAccount("alice"), fresh("ghost")];
  const phone = await openWithToken(alice);
  phone.send(
    { type: "send", id: 1, to: unclaimed, body: "hello?" },
    { type: "send", id: 2, to: unclaimed, body: "hello!" },
  );
  const [one, two] = await phone.take("accepted", 2);
  expect([one, two]).toEqual([
    expect.objectContaining({ id: 1, state: "queued" }),
    expect.objectContaining({ id: 2, state: "queued" }),
  ]);
  // The failed entries come in the log's order, and may precede the replies.
  const list = (await (
    await callApi("GET", `/api/conversations/${unclaimed}/messages`, undefined, alice.token)
  ).json()) as {
    messages: Record<string, unknown>[];
  };
  expect(list.messages.map(({ failed }) => failed)).toEqual(["unknown_receiver", "unknown_receiver"]);
  expect(await tablesOf(unclaimed)).toEqual([]);
  const account = (await (await callApi("POST", "/api/accounts", { userName: unclaimed })).json()) as typeof alice;
  phone.send({ type: "send", id: 3, to: unclaimed, body: "there you are" });
  expect(await phone.until("accepted")).toMatchObject({ id: 3, state: "stored" });
  expect(await (await openWithToken(account)).until("message")).toMatchObject({ body: "there you are" });
});

test("[A6] requests about unclaimed names write nothing", async () => {
  const alice = await claimAccount("alice");
  const unclaimed = fresh("ghost");
  const token = `rst1.${btoa(unclaimed).replaceAll("=", "")}.${"A".repeat(43)}`;
  await closeCodeOf(unclaimed, { Authorization: `Bearer ${token}` });
  await callApi("GET", "/api/devices", undefined, token);
  await callApi("POST", "/api/sign-in", { userName: unclaimed, code: "1".repeat(25) });
  await callApi("POST", "/api/sign-in", { userName: unclaimed, code: "1234-5678" });
  const phone = await openWithToken(alice);
  phone.send(
    { type: "watch", peers: [unclaimed] },
    { type: "typing", to: unclaimed },
    { type: "read", peer: unclaimed, seq: 1 },
  );
  await phone.settled();
  await callApi("GET", `/api/conversations/${unclaimed}/messages`, undefined, alice.token);
  expect(await tablesOf(unclaimed)).toEqual([]);
});
