// Authentication of callers whose address has no attempts left: a good token and the operator's secret still pass, also
// when they are new to the server. A token without a valid mark needs an attempt until it has succeeded once.
import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { hashOf, hashOfCode, normalizeCode } from "../../../src/identity/token.ts";
import { type Account, unusedAddress, fetchWorker, claimAccount, callApi } from "../../support/accounts.ts";
import { bearer, listDevices, unmarkedToken } from "../../support/attempts.ts";
import { ADMIN, createService, statusAndCode } from "../../support/operators.ts";

/** An address that has no attempts left. */
async function exhaustedAddress(): Promise<string> {
  const from = unusedAddress();
  for (let n = 0; n < 30; n++) await fetchWorker("/api/devices", { headers: bearer("wrong", from) });
  expect(await statusAndCode(fetchWorker("/api/devices", { headers: bearer("wrong", from) }))).toEqual([
    429,
    "rate_limited",
  ]);
  return from;
}

test("[A20] a good token passes from an address without attempts left, also when it is new to the server", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  const from = await exhaustedAddress();
  for (const { token } of [alice, bob]) expect(await listDevices(token, from)).toEqual([200, undefined]);
  const { token, userName } = await createService("shop", "read");
  const account = await fetchWorker("/api/account", { headers: bearer(token, from) });
  expect(await account.json()).toMatchObject({ userName });
  expect((await listDurableObjectIds(env.REGISTRY)).length).toBeGreaterThan(0);
});

test("[A20] a token without the mark works; it costs no attempt, but its address must have one left", async () => {
  const alice = await claimAccount("alice");
  const old = await storedUnmarkedToken(alice);
  const from = unusedAddress();
  for (let n = 0; n < 40; n++) expect(await listDevices(old, from)).toEqual([200, undefined]);
  const other = await storedUnmarkedToken(await claimAccount("bob"));
  const full = await exhaustedAddress();
  expect(await listDevices(other, full)).toEqual([429, "rate_limited"]);
  expect(await listDevices(other, unusedAddress())).toEqual([200, undefined]);
  // After its first success the token is known.
  expect(await listDevices(other, full)).toEqual([200, undefined]);
});

test("[A20] the mark of another token or another secret is not valid", async () => {
  const [alice, from] = [await claimAccount("alice"), await exhaustedAddress()];
  const [prefix, name = "", secret = ""] = alice.token.split(".");
  const asked = vi.spyOn(Mailbox.prototype, "devices");
  const flipped = `${secret.slice(0, 20)}${secret[20] === "A" ? "B" : "A"}${secret.slice(21)}`;
  const [, other = ""] = (await claimAccount("bob")).token.split(".");
  for (const token of [
    `${prefix}.${name}.${flipped}`,
    `${prefix}.${other}.${secret}`,
    `${prefix}.${name}.${secret}A`,
  ]) {
    expect(await listDevices(token, from), token).toEqual([429, "rate_limited"]);
  }
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
});

test("[B2] the operator's secret is checked before the limit, and a wrong one is an attempt", async () => {
  const stats = (token: string, from: string) =>
    statusAndCode(fetchWorker("/api/metrics", { headers: bearer(token, from) }).then(plain));
  const from = unusedAddress();
  const wrong = "x".repeat(40);
  for (let n = 0; n < 30; n++) expect(await stats(wrong, from)).toEqual([401, "unauthorized"]);
  expect(await stats(wrong, from)).toEqual([429, "rate_limited"]);
  expect(await stats(ADMIN, from)).toEqual([200, null]);
  const { token } = await createService("grafana", "admin");
  expect(await stats(token, from)).toEqual([200, null]);
});

/** The response; a success has no body, because its body need not be JSON. */
async function plain(response: Response): Promise<Response> {
  return response.ok ? new Response("", { status: response.status }) : response;
}

/** A token of the account without the mark, as older code made it. */
async function storedUnmarkedToken({ userName, token }: Account): Promise<string> {
  const { code } = await (await callApi("POST", "/api/link-codes", undefined, token)).json<{ code: string }>();
  const random = await unmarkedToken(userName);
  const hash = await hashOf(random);
  const of = await hashOfCode(userName, normalizeCode(code));
  await env.MAILBOX.getByName(userName).link(userName, of, { hash, label: "old" });
  return random;
}
