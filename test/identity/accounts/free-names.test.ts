// The question whether a name is free: it says what a claim would say, at the price of a claim, and changes nothing.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import worker from "../../../src/worker.ts";
import { callApi, claimAccount, fetchWorker, HOST, unusedAddress } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";

const answerOf = async (response: Response): Promise<unknown> => [response.status, await response.json()];

test("[A22] a name is free until it is claimed, in every spelling, and not after it was erased", async () => {
  const name = fresh("alice");
  const ask = (userName: string) => callApi("POST", "/api/names", { userName }).then(answerOf);
  expect(await ask(name.toUpperCase())).toEqual([200, { userName: name, free: true }]);
  const { token } = (await (await callApi("POST", "/api/accounts", { userName: name })).json()) as { token: string };
  expect(await ask(name.toUpperCase())).toEqual([200, { userName: name, free: false }]);
  expect((await callApi("DELETE", "/api/account", undefined, token)).status).toBe(204);
  expect(await ask(name)).toEqual([200, { userName: name, free: false }]);
});

test("[A22] asking writes nothing, and the name can be claimed after it", async () => {
  const name = fresh("ghost");
  expect((await callApi("POST", "/api/names", { userName: name })).status).toBe(200);
  const tables = await runInDurableObject(env.MAILBOX.getByName(name), (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
  expect((await callApi("POST", "/api/accounts", { userName: name })).status).toBe(201);
});

test.each([
  ["system", "reserved_name"],
  ["no such name!", "bad_name"],
  // Cyrillic і between Latin letters.
  ["m\u0456a", "bad_name"],
])("[A22] the name %s is refused as a claim of it is", async (userName, code) => {
  const [asked, claimed] = await Promise.all([
    callApi("POST", "/api/names", { userName }),
    callApi("POST", "/api/accounts", { userName }),
  ]);
  expect(await asked.json()).toMatchObject({ code });
  expect([asked.status, await claimed.json()]).toEqual([claimed.status, expect.objectContaining({ code })]);
});

test.each(["closed", "invite"])(
  "[A22] where registration is %s nobody learns without an invitation which names are taken",
  async (REGISTRATION) => {
    const taken = await claimAccount("alice");
    const ask = (userName: string) =>
      worker.fetch(
        new Request(`${HOST}/api/names`, {
          method: "POST",
          headers: { "CF-Connecting-IP": unusedAddress(), "X-Request-Id": "the-same-for-both" },
          body: JSON.stringify({ userName }),
        }),
        { ...env, REGISTRATION, INVITE_SECRET: "a secret for invitations, long enough" } as Env,
      );
    const [one, other] = await Promise.all(
      [ask(taken.userName), ask(fresh("nobody"))].map(async (it) => answerOf(await it)),
    );
    expect(one).toMatchObject([403, { code: "forbidden" }]);
    expect(other).toEqual(one);
  },
);

test("[A22][A9] questions and claims of an address share its thirty attempts a minute", async () => {
  const headers = { "CF-Connecting-IP": unusedAddress() };
  const post = (path: string, userName: string) =>
    fetchWorker(path, { method: "POST", headers, body: JSON.stringify({ userName }) });
  const taken = await claimAccount("alice");
  for (let i = 0; i < 30; i++) expect((await post("/api/names", taken.userName)).status).toBe(200);
  expect((await post("/api/names", taken.userName)).status).toBe(429);
  expect((await post("/api/accounts", fresh("bob"))).status).toBe(429);
});
