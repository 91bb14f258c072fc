// The list of users with USER_LIST on, and that nothing is listed without it.
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { USERS_OBJECT } from "../../../src/protocol/registry.ts";
import type { UserPage } from "../../../src/protocol/user-list.ts";
import { UserRows } from "../../../src/registry/user-rows.ts";
import worker from "../../../src/worker.ts";
import { type Account, callApi, claimAccount, HOST, unusedAddress } from "../../support/accounts.ts";
import { countRows } from "../../support/count-rows.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";

const listing = { ...env, USER_LIST: "on" };

/** Sends a request to a Worker whose USER_LIST is on. */
async function call(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { "CF-Connecting-IP": unusedAddress() };
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  const request = new Request(`${HOST}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const context = createExecutionContext();
  const response = await worker.fetch(request, listing, context);
  await waitOnExecutionContext(context);
  return response;
}

async function claim(name: string): Promise<Account> {
  const response = await call("POST", "/api/accounts", { userName: fresh(name) });
  expect(response.status, await response.clone().text()).toBe(201);
  return response.json();
}

async function users(query: Record<string, string>): Promise<UserPage & { list: string }> {
  const response = await call("GET", `/api/admin/users?${new URLSearchParams(query).toString()}`, undefined, ADMIN);
  expect(response.status).toBe(200);
  return response.json();
}

const namesOf = async (query: Record<string, string>) => (await users(query)).users.map(({ userName }) => userName);

test("[X8] claimed names are listed by prefix and time, and an erased one no more", async () => {
  const before = Date.now();
  const [one, two] = [await claim("list-a"), await claim("list-b")];
  expect(await users({ prefix: "List-A" })).toMatchObject({
    list: "on",
    users: [{ userName: one.userName, suspended: null, listed: expect.any(Number) }],
    next: null,
  });
  expect(await namesOf({ prefix: "list-", since: String(before) })).toEqual([one.userName, two.userName]);
  expect(await namesOf({ prefix: "list-", since: String(Date.now() + 1_000) })).toEqual([]);
  expect(await namesOf({ prefix: "list-", after: one.userName })).toEqual([two.userName]);
  expect((await call("DELETE", "/api/account", undefined, one.token)).status).toBe(204);
  expect((await call("DELETE", `/api/admin/users/${two.userName}`, undefined, ADMIN)).status).toBe(204);
  expect(await namesOf({ prefix: "list-" })).toEqual([]);
});

test("[X8] a name that can't be listed can't be claimed, and a refused claim lists nothing", async () => {
  const registry = env.REGISTRY.getByName(USERS_OBJECT);
  await claim("list-c");
  const run = (statement: string) =>
    runInDurableObject(registry, (_, { storage }) => storage.sql.exec(statement).toArray());
  const [name, taken] = [fresh("list-d"), await claimAccount("list-e")];
  await run("CREATE TRIGGER broken BEFORE INSERT ON user BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  try {
    expect(await statusAndCode(call("POST", "/api/accounts", { userName: name }))).toEqual([500, "internal"]);
    expect(await statusAndCode(call("POST", "/api/accounts", { userName: taken.userName }))).toEqual([
      409,
      "name_taken",
    ]);
  } finally {
    await run("DROP TRIGGER broken");
  }
  expect(await (await callApi("GET", `/api/admin/users/${name}`, undefined, ADMIN)).json()).toMatchObject({
    is: "nobody",
  });
  expect(await namesOf({ prefix: taken.userName })).toEqual([]);
});

test("[X8] an account from before the list is listed when it signs in", async () => {
  const { userName, recoveryCode } = await claimAccount("list-f");
  expect(await namesOf({ prefix: userName })).toEqual([]);
  expect((await call("POST", "/api/sign-in", { userName, code: recoveryCode })).status).toBe(200);
  expect(await namesOf({ prefix: userName })).toEqual([userName]);
});

test("[X8] suspended users are listed without USER_LIST, until they are resumed", async () => {
  const { userName } = await claimAccount("list-g");
  const at = `/api/admin/users/${userName}/suspension`;
  const listed = async () =>
    (await callApi("GET", "/api/admin/users?suspended=yes", undefined, ADMIN)).json<UserPage>();
  await callApi("PUT", at, {}, ADMIN);
  const { users: found, ...rest } = await listed();
  expect(rest).toEqual({ list: "off", next: null });
  expect(found.filter((one) => one.userName === userName)).toMatchObject([
    { listed: null, suspended: { until: null } },
  ]);
  await callApi("DELETE", at, undefined, ADMIN);
  expect((await listed()).users.map((one) => one.userName)).not.toContain(userName);
});

test("a claim costs one row in the list, a repeated one and a look none, and a page has at most 1,000 names", async () => {
  await runInDurableObject(env.REGISTRY.getByName(fresh("users")), (_, { storage }) => {
    const counted = countRows(storage.sql);
    const rows = new UserRows(counted.sql);
    rows.add("u");
    counted.rows();
    const written = [() => rows.add("v"), () => rows.add("v"), () => rows.remove("v")].map((step) => {
      step();
      return counted.rows().written;
    });
    expect(written).toEqual([1, 0, 1]);
    for (let n = 10_000; n < 16_500; n++) rows.add(`u${n}`);
    counted.rows();
    const all = { prefix: "u1", since: 0, suspendedOnly: false, after: "" };
    const first = rows.list(all);
    expect([first.users.length, first.next]).toEqual([1_000, "u10999"]);
    expect(rows.list({ ...all, after: "u15999" })).toMatchObject({ users: { length: 500 }, next: null });
    expect(rows.list({ ...all, since: Date.now() + 1_000 })).toEqual({ users: [], next: "u14999" });
    expect(counted.rows().written).toBe(0);
  });
});
