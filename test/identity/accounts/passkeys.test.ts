// Passkeys from the server's side, with an authenticator that signs anything: only a fresh challenge of this account,
// signed for this host and origin with a person present, signs somebody in.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { makeChallenge } from "../../../src/mailbox/access/challenge.ts";
import worker from "../../../src/worker.ts";
import {
  type Account,
  unusedAddress,
  fetchWorker,
  claimAccount,
  HOST,
  openWithToken,
  callApi,
} from "../../support/accounts.ts";
import { Authenticator, base64url, type CeremonyOptions } from "../../support/authenticator.ts";
import { fresh } from "../../support/devices.ts";

const host = "restante.test";

async function options(
  path: string,
  body?: unknown,
  token?: string,
): Promise<{ challenge: string } & Record<string, unknown>> {
  const response = await callApi("POST", path, body, token);
  expect(response.status).toBe(200);
  return response.json();
}

const addOptions = ({ token }: Account) => options("/api/passkeys/options", undefined, token);
const enterOptions = (userName: string) => options("/api/sign-in/passkey/options", { userName });

/** A user with a passkey. */
async function world(): Promise<{
  alice: Account;
  key: Authenticator;
  signIn: (change?: Partial<CeremonyOptions>) => Promise<Response>;
}> {
  const alice = await claimAccount("alice");
  const key = await Authenticator.make();
  const { challenge } = await addOptions(alice);
  const response = await key.create({ challenge, origin: HOST, host, counter: 1 });
  expect((await callApi("POST", "/api/passkeys", { response, label: "My key" }, alice.token)).status).toBe(204);
  const signIn = async (change: Partial<CeremonyOptions> = {}) => {
    const { challenge: fresh } = await enterOptions(alice.userName);
    const signed = await key.get({ challenge: fresh, origin: HOST, host, counter: 2, ...change });
    return callApi("POST", "/api/sign-in/passkey", { userName: alice.userName, response: signed });
  };
  return { alice, key, signIn };
}

test("[A10] a passkey is added, listed, signs a device in, and can be removed", async () => {
  const { alice, key, signIn } = await world();
  const list = (await (await callApi("GET", "/api/passkeys", undefined, alice.token)).json()) as {
    id: string;
    label: string;
  }[];
  expect(list).toMatchObject([{ id: base64url(key.id), label: "My key" }]);
  const response = await signIn();
  expect(response.status).toBe(200);
  expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-restante=rst1\./);
  const signed: Account = await response.json();
  expect((await openWithToken(signed, "tablet")).welcome.user).toBe(alice.userName);
  expect((await callApi("DELETE", `/api/passkeys/${base64url(key.id)}`, undefined, alice.token)).status).toBe(204);
  expect((await signIn({ counter: 3 })).status).toBe(401);
  expect((await callApi("DELETE", `/api/passkeys/${base64url(key.id)}`, undefined, alice.token)).status).toBe(404);
});

test.each<[string, Partial<CeremonyOptions>]>([
  ["for another origin", { origin: "https://evil.test" }],
  ["for another host", { host: "evil.test" }],
  ["for another scheme of this host", { origin: HOST.replace("http:", "https:") }],
  ["for another port of this host", { origin: `${HOST}:9999` }],
  ["in a frame of another page", { frame: { crossOrigin: true } }],
  ["under another page", { frame: { topOrigin: "https://evil.test" } }],
  ["without user verification", { verified: false }],
  ["with a counter that does not grow", { counter: 1 }],
  ["over a challenge that was never given", { challenge: base64url(new Uint8Array(32)) }],
])("[A10] a signature %s signs nobody in", async (_, change) => {
  const { signIn } = await world();
  expect((await signIn(change)).status).toBe(401);
  expect((await signIn()).status).toBe(200);
});

test("[O6] a passkey is made and used for ORIGIN, not for the Origin or Host header", async () => {
  const alice = await claimAccount("alice");
  const key = await Authenticator.make();
  const variables = { ...env, ORIGIN: "https://chat.example.com", ALLOWED_ORIGINS: "https://www.example.com" } as Env;
  const send = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    at = "http://restante.test",
  ) => {
    const init = {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "CF-Connecting-IP": unusedAddress(), ...headers },
    };
    return worker.fetch(new Request(`${at}${path}`, init), variables);
  };
  const bearer = { Authorization: `Bearer ${alice.token}` };
  const add = async (change: Partial<CeremonyOptions>, origin: string) => {
    const asked = await send("/api/passkeys/options", {}, bearer);
    const { challenge, rp } = await asked.json<{ challenge: string; rp: { id: string } }>();
    expect(rp.id).toBe("chat.example.com");
    const home = { origin: "https://chat.example.com", host: "chat.example.com" };
    const response = await key.create({ challenge, ...home, counter: 1, ...change });
    return (await send("/api/passkeys", { response }, { ...bearer, Origin: origin })).status;
  };
  expect(await add({ origin: "https://www.example.com" }, "https://www.example.com")).toBe(400);
  expect(await add({ origin: HOST, host }, "https://chat.example.com")).toBe(400);
  expect(await add({ frame: { crossOrigin: true } }, "https://chat.example.com")).toBe(400);
  expect(await add({}, "https://chat.example.com")).toBe(204);
});

test("[A10] a signature works once", async () => {
  const { alice, key } = await world();
  const { challenge } = await enterOptions(alice.userName);
  const enter = async (counter: number) => {
    const response = await key.get({ challenge, origin: HOST, host, counter });
    return (await callApi("POST", "/api/sign-in/passkey", { userName: alice.userName, response })).status;
  };
  expect(await enter(2)).toBe(200);
  expect(await enter(3)).toBe(401);
});

test("[A10] a challenge works for one account and one purpose, and for five minutes", async () => {
  const { alice, key, signIn } = await world();
  const other = await world();
  const { challenge: hers } = await enterOptions(other.alice.userName);
  expect((await signIn({ challenge: hers })).status).toBe(401);
  const { challenge: toAdd } = await addOptions(alice);
  expect((await signIn({ challenge: toAdd })).status).toBe(401);
  const second = await Authenticator.make();
  const { challenge: toEnter } = await enterOptions(alice.userName);
  const response = await second.create({ challenge: toEnter, origin: HOST, host, counter: 1 });
  const refused = await callApi("POST", "/api/passkeys", { response }, alice.token);
  expect(refused.status).toBe(401);
  expect(((await refused.json()) as { detail: string }).detail).toContain("the challenge is not or no longer good");
  const { challenge } = await enterOptions(alice.userName);
  const [expires = "", ...rest] = new TextDecoder().decode(bytesOf(challenge)).split(".");
  expect(Number(expires) - Date.now()).toBeLessThanOrEqual(300_000);
  const later = [Number(expires) + 60_000, ...rest].join(".");
  const longer = base64url(Uint8Array.from(new TextEncoder().encode(later)));
  const signed = await key.get({ challenge: longer, origin: HOST, host, counter: 9 });
  expect((await callApi("POST", "/api/sign-in/passkey", { userName: alice.userName, response: signed })).status).toBe(
    401,
  );
});

test("[A10] an expired challenge signs nobody in", async () => {
  const { alice, signIn } = await world();
  const secret = await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, { storage }) => {
    return storage.sql.exec<{ secret: string }>("SELECT secret FROM account").one().secret;
  });
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() - 301_000);
  const old = await makeChallenge(secret, "enter");
  clock.mockRestore();
  const coded = (text: string) => base64url(Uint8Array.from(new TextEncoder().encode(text)));
  expect((await signIn({ challenge: coded(old) })).status).toBe(401);
  expect((await signIn({ challenge: coded(await makeChallenge(secret, "enter")) })).status).toBe(200);
});

test("[A10] a passkey signs in only its own user", async () => {
  const [one, two] = [await world(), await world()];
  const { challenge } = await enterOptions(one.alice.userName);
  const response = await two.key.get({ challenge, origin: HOST, host, counter: 2 });
  expect((await callApi("POST", "/api/sign-in/passkey", { userName: one.alice.userName, response })).status).toBe(401);
});

test.each([
  ["nothing", {}],
  ["no response", { userName: "alice" }],
  ["a response without an id", { userName: "alice", response: {} }],
  [
    "a response that is none",
    { userName: "alice", response: { id: "x", rawId: "x", type: "public-key", response: {} } },
  ],
])("[A10] a sign-in with %s is refused with a sentence", async (_, body) => {
  const response = await callApi("POST", "/api/sign-in/passkey", body);
  expect([400, 401]).toContain(response.status);
  expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
  const added = await callApi("POST", "/api/passkeys", body, (await claimAccount("alice")).token);
  expect(added.status).toBe(400);
});

test("[A18] the options to sign in look the same for every name: with a passkey, without, and unclaimed, which writes nothing", async () => {
  const { alice } = await world();
  const [bob, ghost] = [await claimAccount("bob"), fresh("ghost")];
  const shapes = [];
  for (const name of [alice.userName, bob.userName, ghost]) {
    const { challenge, ...rest } = await enterOptions(name);
    shapes.push({ length: challenge.length, ...rest });
  }
  expect(shapes[0]).toMatchObject({ allowCredentials: [], userVerification: "required" });
  expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
  const { challenge } = await enterOptions(ghost);
  const key = await Authenticator.make();
  const response = await key.get({ challenge, origin: HOST, host, counter: 2 });
  expect((await callApi("POST", "/api/sign-in/passkey", { userName: ghost, response })).status).toBe(401);
  const tables = await runInDurableObject(env.MAILBOX.getByName(ghost), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
  expect((await fetchWorker("/api/passkeys")).status).toBe(401);
});

test("[A18] an authenticator knows an account by 32 constant bytes that say nothing of its name", async () => {
  const long = "字".repeat(30);
  const [one, two] = [await claimAccount(`${long}a`), await claimAccount(`${long}b`)];
  const handleOf = async (account: Account) => {
    const { user, authenticatorSelection } = (await addOptions(account)) as unknown as {
      user: { id: string };
      authenticatorSelection: unknown;
    };
    expect(authenticatorSelection).toMatchObject({ residentKey: "required", requireResidentKey: true });
    return user.id;
  };
  const handles = [await handleOf(one), await handleOf(two)];
  expect(new Set(handles).size).toBe(2);
  for (const handle of handles) expect(bytesOf(handle)).toHaveLength(32);
  await evictDurableObject(env.MAILBOX.getByName(one.userName));
  expect(await handleOf(one)).toBe(handles[0]);
});

test("[A10] an account stores 64 used challenges; one more is refused until the first expires, and none works twice", async () => {
  const { alice, signIn } = await world();
  /** Stores `count` used challenges, `expired` of which have expired. */
  const remember = async (count: number, expired: number) => {
    await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, { storage: { sql } }) => {
      const expires = (i: number) => Date.now() + (i < expired ? -1 : 60_000);
      const used = Array.from({ length: count }, (_, i) => ({ nonce: `${i}`, expires: expires(i) }));
      sql.exec("UPDATE account SET used = ?", JSON.stringify(used));
    });
    await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  };
  await remember(64, 0);
  const response = await signIn();
  expect([response.status, await response.json()]).toMatchObject([429, { retryAfter: expect.any(Number) }]);
  await remember(64, 1);
  expect((await signIn()).status).toBe(200);
});

test("[A19] a passkey that can't be verified counts as an attempt of its address", async () => {
  const alice = await claimAccount("alice");
  const headers = { Authorization: `Bearer ${alice.token}`, "CF-Connecting-IP": "203.0.113.77" };
  const key = await Authenticator.make();
  const answers = [];
  for (let i = 0; i < 31; i++) {
    const { challenge } = await addOptions(alice);
    const statement = Uint8Array.of(0xa1, 0x63, 0x78, 0x35, 0x63, 0x80); // {"x5c": []}
    const attest = () => Promise.resolve({ format: "packed", statement });
    const response = await key.create({ challenge, origin: HOST, host, counter: 1 }, attest);
    answers.push(
      (await fetchWorker("/api/passkeys", { method: "POST", headers, body: JSON.stringify({ response }) })).status,
    );
  }
  expect([answers[0], answers.at(-1)]).toEqual([400, 429]);
});

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
