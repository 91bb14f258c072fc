// Quotas of one user where the limits are on: they take effect at once, and a look shows which limit refused what.
import { expect, test } from "vitest";
import type { MailboxOverview } from "../../../src/protocol/operator-orders.ts";
import { type Account, callApi, claimAccount } from "../../support/accounts.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";

const send = ({ token, userName }: Account) => callApi("POST", "/api/messages", { to: userName, body: "hi" }, token);
const setQuotas = ({ userName }: Account, quotas: object) =>
  callApi("PATCH", `/api/admin/users/${userName}/quotas`, quotas, ADMIN);

async function limitsOf({ userName }: Account): Promise<MailboxOverview["limits"]> {
  const response = await callApi("GET", `/api/admin/users/${userName}`, undefined, ADMIN);
  return (await response.json<MailboxOverview>()).limits;
}

test("[X9] a smaller quota refuses at once, is named as the reason, and a larger one lets the user send", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  expect((await limitsOf(alice)).values).toMatchObject({ SENDS_PER_SECOND: 10, MAILBOX_BYTES: 1_000_000_000 });
  expect((await setQuotas(alice, { MAILBOX_BYTES: 1 })).status).toBe(200);
  const [outcome] = await (
    await callApi("POST", "/api/messages", [{ to: alice.userName, body: 1 }], alice.token)
  ).json<{ status: string; code?: string }[]>();
  expect(outcome).toMatchObject({ code: "mailbox_full" });
  expect(await limitsOf(alice)).toMatchObject({
    own: { MAILBOX_BYTES: 1 },
    values: { MAILBOX_BYTES: 1 },
    refused: [{ limit: "MAILBOX_BYTES", times: 1, last: expect.any(Number) }],
  });
  expect((await send(bob)).status).toBe(200);
  await setQuotas(alice, { MAILBOX_BYTES: null, REQUEST_BURST: 1, REQUESTS_PER_SECOND: 1 });
  expect((await send(alice)).status).toBe(200);
  expect(await statusAndCode(send(alice))).toEqual([429, "rate_limited"]);
  expect((await limitsOf(alice)).refused).toMatchObject([
    { limit: "MAILBOX_BYTES", times: 1 },
    { limit: "REQUESTS_PER_SECOND", times: 1 },
  ]);
  await setQuotas(alice, { REQUEST_BURST: null, REQUESTS_PER_SECOND: null });
  for (let n = 0; n < 5; n++) expect((await send(alice)).status).toBe(200);
});
