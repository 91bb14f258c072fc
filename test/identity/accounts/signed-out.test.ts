// A device that another one signs out stays out: the codes and passkeys that it made end with it.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import {
  type Account,
  ageAccount,
  fetchWorker,
  unusedAddress,
  claimAccount,
  HOST,
  linkDevice,
  openWithToken,
  callApi,
  addPasskey,
} from "../../support/accounts.ts";
import { configOf } from "../../../src/mailbox/limits/config.ts";
import { statusAndCode } from "../../support/operators.ts";

/** The owner, and somebody with a device of hers. */
async function world(): Promise<{ alice: Account; thief: Account }> {
  const alice = await claimAccount("alice");
  return { alice, thief: await linkDevice(alice, "Stolen") };
}

const signIn = ({ userName }: Account, code: string) => callApi("POST", "/api/sign-in", { userName, code });
const signOut = ({ token }: Account, { device }: Account) =>
  callApi("DELETE", `/api/devices/${device}`, undefined, token);
const made = async <T>(path: string, { token }: Account) => (await callApi("POST", path, undefined, token)).json<T>();

test("[A14] the link code of a signed-out device signs nobody in", async () => {
  const { alice, thief } = await world();
  const { code } = await made<{ code: string }>("/api/link-codes", thief);
  expect((await signOut(alice, thief)).status).toBe(204);
  expect((await signIn(alice, code)).status).toBe(401);
});

test("[A14] the recovery code of a signed-out device ends, and the response has the next one", async () => {
  const { alice, thief } = await world();
  const { recoveryCode } = await made<Account>("/api/recovery-code", thief);
  const response = await signOut(alice, thief);
  expect(response.status).toBe(200);
  const next = (await response.json<Account>()).recoveryCode;
  expect((await signIn(alice, recoveryCode)).status).toBe(401);
  expect((await signIn(alice, next)).status).toBe(200);
});

test("[A14] the passkey of a signed-out device signs nobody in, and those of others still work", async () => {
  const { alice, thief } = await world();
  const [hers, theirs] = [await addPasskey(alice, "hers"), await addPasskey(thief, "theirs")];
  await signOut(alice, thief);
  expect((await (await theirs.enter(theirs.key, 2))()).status).toBe(401);
  expect((await (await hers.enter(hers.key, 2))()).status).toBe(200);
});

test("[A14] what the owner's own device made stays when she signs out another one", async () => {
  const { alice, thief } = await world();
  const { code } = await made<{ code: string }>("/api/link-codes", alice);
  expect((await signOut(alice, thief)).status).toBe(204);
  expect((await signIn(alice, code)).status).toBe(200);
  expect((await signIn(alice, alice.recoveryCode)).status).toBe(200);
});

test("[A14] the recovery code and the passkeys of a device that signs itself out stay", async () => {
  const alice = await claimAccount("alice");
  const { key, enter } = await addPasskey(alice);
  expect((await callApi("POST", "/api/sign-out", undefined, alice.token)).status).toBe(204);
  expect((await (await enter(key, 2))()).status).toBe(200);
  const second = await (await signIn(alice, alice.recoveryCode)).json<Account>();
  expect((await signOut(second, second)).status).toBe(204);
  expect((await signIn(alice, second.recoveryCode)).status).toBe(200);
});

test("[A16] signing out everywhere else ends all devices, codes and passkeys but the caller's, and makes a new recovery code", async () => {
  const { alice, thief } = await world();
  const third = await linkDevice(alice, "Third");
  const tablet = await openWithToken(thief, "tablet");
  const [hers, theirs] = [await addPasskey(alice, "hers"), await addPasskey(thief, "theirs")];
  // A device that made a passkey and signed itself out can't be signed out any more.
  const gone = await addPasskey(third, "gone");
  await callApi("POST", "/api/sign-out", undefined, third.token);
  const { code } = await made<{ code: string }>("/api/link-codes", thief);
  const response = await callApi("POST", "/api/sign-out/others", undefined, alice.token);
  expect(response.status).toBe(200);
  const { recoveryCode } = await response.json<Account>();
  expect(await tablet.until("closing")).toMatchObject({ code: 4403 });
  for (const old of [code, alice.recoveryCode]) expect((await signIn(alice, old)).status).toBe(401);
  for (const { key, enter } of [theirs, gone]) expect((await (await enter(key, 2))()).status).toBe(401);
  expect(await (await callApi("GET", "/api/devices", undefined, alice.token)).json()).toMatchObject([
    { current: true },
  ]);
  expect((await (await hers.enter(hers.key, 2))()).status).toBe(200);
  expect((await signIn(alice, recoveryCode)).status).toBe(200);
});

test("[A17] a device not seen for 90 days is signed out, and its token removed", async () => {
  const { alice, thief } = await world();
  await ageAccount(alice, 89 * 86_400_000);
  expect((await callApi("GET", "/api/account", undefined, alice.token)).status).toBe(200);
  await ageAccount(alice, 2 * 86_400_000);
  expect(await statusAndCode(callApi("GET", "/api/account", undefined, thief.token))).toEqual([401, "unauthorized"]);
  const list = await (await callApi("GET", "/api/devices", undefined, alice.token)).json<unknown[]>();
  expect(list).toMatchObject([{ id: alice.device }]);
  const rows = await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, { storage: { sql } }) =>
    sql.exec("SELECT label FROM token").toArray(),
  );
  expect(rows).toHaveLength(1);
  // Nobody signed it out, so what it made stays.
  expect((await signIn(alice, alice.recoveryCode)).status).toBe(200);
});

test("[A17] a browser that signs in again has one device, which inherits what the last one made", async () => {
  const alice = await claimAccount("alice");
  const { recoveryCode } = alice;
  const headers = { Cookie: `__Host-restante=${alice.token}`, Origin: HOST, "CF-Connecting-IP": unusedAddress() };
  const enter = (userName: string, code: string) =>
    fetchWorker("/api/sign-in", { method: "POST", headers, body: JSON.stringify({ userName, code }) });
  expect((await enter(alice.userName, "1".repeat(25))).status).toBe(401);
  expect((await callApi("GET", "/api/account", undefined, alice.token)).status).toBe(200);
  // As another user than that of the cookie.
  const bob = await claimAccount("bob");
  expect((await enter(bob.userName, bob.recoveryCode)).status).toBe(200);
  expect((await callApi("GET", "/api/account", undefined, alice.token)).status).toBe(200);
  const next = await (await enter(alice.userName, recoveryCode)).json<Account>();
  expect((await callApi("GET", "/api/account", undefined, alice.token)).status).toBe(401);
  expect(await (await callApi("GET", "/api/devices", undefined, next.token)).json()).toHaveLength(1);
});

test("[A17] SESSION_IDLE_DAYS is the number of days; 0 is never, and a value that is no whole number is 90", () => {
  const idle = (days?: string) => configOf(days === undefined ? {} : { SESSION_IDLE_DAYS: days }).sessionIdleMs;
  const day = 86_400_000;
  expect([undefined, "7", "0.5", "0", "", "no number", "-1"].map(idle)).toEqual([
    90 * day,
    7 * day,
    90 * day,
    null,
    90 * day,
    90 * day,
    90 * day,
  ]);
});
