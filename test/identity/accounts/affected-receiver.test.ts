// Refusals that are about one receiver say so: messages to others are accepted meanwhile.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { QUOTAS } from "../../../src/protocol/limits.ts";
import { type Account, callApi, claimAccount, openWithToken } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";

/** A user who knows bob, and has written to as many new people as an hour allows. */
async function writer() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const alice = await openWithToken(a);
  alice.send({ type: "send", id: 1, to: b.userName, body: "hi" });
  await alice.until("accepted");
  await runInDurableObject(env.MAILBOX.getByName(a.userName), (_, { storage: { sql } }) => {
    for (let n = 0; n < QUOTAS.NEW_CORRESPONDENTS_PER_HOUR; n++)
      sql.exec("INSERT INTO contact (name, standing, wrote) VALUES (?, 'contact', ?)", `met-${n}`, Date.now());
  });
  return { a, b, alice };
}

const post = (body: unknown, { token }: Account) => callApi("POST", "/api/messages", body, token);

test("[S11][U2] beyond the limit of new people a message to a known person is accepted at once, with the same id", async () => {
  const { b, alice } = await writer();
  alice.send({ type: "send", id: 2, to: fresh("new"), body: "hello" });
  const refused = await alice.until("refused");
  expect(refused).toMatchObject({ id: 2, code: "rate_limited", affects: "receiver" });
  expect(Number(refused["retryAfter"])).toBeGreaterThan(3_000_000);
  alice.send({ type: "send", id: 2, to: b.userName, body: "still here" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
});

test("[S11][Q5] a message to somebody whom the user has blocked affects this receiver alone", async () => {
  const { a, b, alice } = await writer();
  await callApi("PUT", `/api/blocks/${b.userName}`, undefined, a.token);
  alice.send({ type: "send", id: 2, to: b.userName, body: "hello" });
  expect(await alice.until("refused")).toMatchObject({ id: 2, code: "declined", affects: "receiver" });
  alice.send({ type: "send", id: 2, to: a.userName, body: "a note" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
});

test("[S11][H5][H9] over HTTP the result of a message has it, and so has the problem of a single one", async () => {
  const { a, b } = await writer();
  const [stranger, known] = [fresh("new"), b.userName];
  const several = await post(
    [
      { to: stranger, body: 1 },
      { to: known, body: 2 },
      { to: "system", body: 3 },
    ],
    a,
  );
  expect(await several.json()).toEqual([
    expect.objectContaining({ type: "refused", code: "rate_limited", affects: "receiver" }),
    expect.objectContaining({ type: "accepted" }),
    { type: "refused", code: "reserved_name", message: expect.any(String) },
  ]);
  const single = await post({ to: stranger, body: 1 }, a);
  expect([single.status, await single.json()]).toEqual([
    429,
    expect.objectContaining({ code: "rate_limited", affects: "receiver", retryAfter: expect.any(Number) }),
  ]);
});
