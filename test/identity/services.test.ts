// Service accounts: names that operators create, with tokens that have scopes. Here in `open` mode; the other modes
// have files of the same name.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { fetchWorker, closeCodeOf, openWithToken, callApi } from "../support/accounts.ts";
import { fresh, socketOf, open, upgrade } from "../support/devices.ts";
import { ADMIN, createService, statusAndCode } from "../support/operators.ts";

test("[B1] an operator creates a service account with any spelling of its name: 201 with a token that is shown once", async () => {
  const userName = fresh("shop");
  const body = { userName: userName.toUpperCase(), scopes: ["send", "read"], label: "the backend" };
  const response = await callApi("POST", "/api/admin/services", body, ADMIN);
  expect(response.status).toBe(201);
  const made = await response.json<Record<string, unknown>>();
  expect(made).toEqual({
    userName,
    token: expect.stringMatching(/^rss1\.[\w-]+\.[\w-]{43}$/),
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    scopes: ["send", "read"],
  });
  const shown = await callApi("GET", `/api/admin/services/${userName}`, undefined, ADMIN);
  const known = await shown.json<Record<string, unknown>>();
  expect(known).toMatchObject({
    userName,
    tokens: [{ id: made["id"], label: "the backend", scopes: ["send", "read"] }],
  });
  expect(JSON.stringify(known)).not.toContain(String(made["token"]).slice(-43));
});

test("[B1] no service is created under a used name, nor twice under the same name", async () => {
  const [used, shop] = [fresh("alice"), await createService("shop", "send")];
  await open(used);
  expect(
    await statusAndCode(callApi("POST", "/api/admin/services", { userName: used, scopes: ["send"] }, ADMIN)),
  ).toEqual([409, "name_taken"]);
  expect(await statusAndCode(callApi("GET", `/api/admin/services/${used}`, undefined, ADMIN))).toEqual([
    404,
    "not_found",
  ]);
  const again = { userName: shop.userName, scopes: ["read"] };
  expect(await statusAndCode(callApi("POST", "/api/admin/services", again, ADMIN))).toEqual([409, "name_taken"]);
  expect(await listed()).toContain(shop.userName);
  expect(await listed()).not.toContain(used);
});

test("[B1] messages that arrived before the creation belong to the service", async () => {
  const [alice, shop] = [await open(fresh("alice")), fresh("shop")];
  alice.send({ type: "send", id: 1, to: shop, body: "is anybody there?" });
  await alice.until("accepted");
  const made = await callApi("POST", "/api/admin/services", { userName: shop, scopes: ["read", "send"] }, ADMIN);
  const device = await openWithToken(await made.json());
  expect(await device.until("message")).toMatchObject({ body: "is anybody there?" });
});

test.each([
  ["no JSON", "{"],
  ["no name", { scopes: ["send"] }],
  ["a name that is none", { userName: "a b", scopes: ["send"] }],
  ["a reserved name", { userName: "admin", scopes: ["send"] }],
  ["no scopes", { userName: "shop" }],
  ["an empty list of scopes", { userName: "shop", scopes: [] }],
  ["a scope that is none", { userName: "shop", scopes: ["send", "everything"] }],
  ["a field that does not belong", { userName: "shop", scopes: ["send"], token: "mine" }],
])("[B1] %s is refused with a sentence, and writes nothing", async (_, body) => {
  const before = await listed();
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetchWorker("/api/admin/services", {
    method: "POST",
    body: text,
    headers: { Authorization: `Bearer ${ADMIN}` },
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
  expect(await listed()).toEqual(before);
});

const routes: [method: string, path: string][] = [
  ["POST", "/api/admin/services"],
  ["GET", "/api/admin/services"],
  ["GET", "/api/admin/services/shop"],
  ["DELETE", "/api/admin/services/shop"],
  ["POST", "/api/admin/services/shop/tokens"],
  ["DELETE", "/api/admin/services/shop/tokens/0123456789abcdef"],
];

test.each(routes)("[B2] %s %s is for operators alone", async (method, path) => {
  const shop = await createService("shop", "send", "read");
  expect(await statusAndCode(callApi(method, path))).toEqual([401, "unauthorized"]);
  expect(await statusAndCode(callApi(method, `${path}?user=root`))).toEqual([401, "unauthorized"]);
  for (const wrong of [`${ADMIN}x`, ADMIN.slice(1), ADMIN.toUpperCase(), "x".repeat(43)]) {
    expect(await statusAndCode(callApi(method, path, undefined, wrong))).toEqual([401, "unauthorized"]);
  }
  expect(await statusAndCode(callApi(method, path, undefined, shop.token))).toEqual([403, "forbidden"]);
  const [head, name, secret = ""] = shop.token.split(".");
  const forged = [head, name, secret.replace(/^./, secret.startsWith("A") ? "B" : "A")].join(".");
  expect(await statusAndCode(callApi(method, path, undefined, forged))).toEqual([401, "unauthorized"]);
});

test("[B2] a service's token with the scope admin works for operators, until it is revoked", async () => {
  const robot = await createService("robot", "admin");
  const made = await callApi("POST", "/api/admin/services", { userName: fresh("shop"), scopes: ["send"] }, robot.token);
  expect(made.status).toBe(201);
  const path = `/api/admin/services/${robot.userName}/tokens/${robot.id}`;
  expect((await callApi("DELETE", path, undefined, robot.token)).status).toBe(204);
  expect(await statusAndCode(callApi("GET", "/api/admin/services", undefined, robot.token))).toEqual([
    401,
    "unauthorized",
  ]);
});

test("[B2] a secret of the deployment that is too short opens nothing", async () => {
  const { default: worker } = await import("../../src/worker.ts");
  const short = "a secret";
  const request = () =>
    new Request("http://restante.test/api/admin/services", { headers: { Authorization: `Bearer ${short}` } });
  for (const ADMIN_TOKEN of [short, "", undefined]) {
    const response = await worker.fetch(request(), { ...env, ADMIN_TOKEN } as unknown as Env);
    expect(response.status).toBe(401);
  }
});

test("[B3] `read` allows reading, `send` changes, a socket needs both, and `admin` alone allows neither", async () => {
  const [reads, sends, rules] = [
    await createService("shop", "read"),
    await createService("shop", "send"),
    await createService("shop", "admin"),
  ];
  const get = (token: string) => statusAndCode(callApi("GET", "/api/settings", undefined, token));
  const put = (token: string) => statusAndCode(callApi("PUT", "/api/settings", { presence: false }, token));
  expect([(await get(reads.token))[0], (await put(sends.token))[0]]).toEqual([200, 200]);
  for (const answer of [get(sends.token), put(reads.token), get(rules.token), put(rules.token)]) {
    expect(await answer).toEqual([403, "forbidden"]);
  }
  for (const { userName, token } of [reads, sends, rules]) {
    expect(await closeCodeOf(userName, { Authorization: `Bearer ${token}` })).toBe(4403);
  }
  const both = await createService("shop", "send", "read");
  expect((await openWithToken(both)).welcome.user).toBe(both.userName);
});

test("[B3] neither scope alone deletes a conversation or a message; both together do", async () => {
  const shop = await createService("shop", "send");
  const post = await callApi("POST", "/api/messages", { to: shop.userName, body: "note" }, shop.token);
  const { entry } = await post.json<{ entry: number }>();
  const grant = async (...scopes: string[]) => {
    const path = `/api/admin/services/${shop.userName}/tokens`;
    return (await (await callApi("POST", path, { scopes }, ADMIN)).json<{ token: string }>()).token;
  };
  const [reader, both] = [await grant("read"), await grant("read", "send")];
  for (const path of [`/api/conversations/${shop.userName}/messages/${entry}`, `/api/conversations/${shop.userName}`]) {
    const remove = (token: string) => callApi("DELETE", path, undefined, token);
    for (const token of [shop.token, reader]) expect(await statusAndCode(remove(token))).toEqual([403, "forbidden"]);
    expect((await remove(both)).status).toBe(204);
  }
});

test("[B3] a refusal names the missing scope", async () => {
  const { token } = await createService("shop", "read");
  expect(await (await callApi("PUT", "/api/settings", {}, token)).json()).toMatchObject({
    message: "This is not allowed: the token lacks the scope send.",
  });
});

test("[B4] a service is granted another token; revoking one closes its connections", async () => {
  const shop = await createService("shop", "send", "read");
  const path = `/api/admin/services/${shop.userName}/tokens`;
  const second = await (await callApi("POST", path, { scopes: ["read"], label: "reader" }, ADMIN)).json<typeof shop>();
  expect(second).toMatchObject({ userName: shop.userName, scopes: ["read"] });
  const device = await openWithToken(shop);
  expect((await callApi("DELETE", `${path}/${shop.id}`, undefined, ADMIN)).status).toBe(204);
  expect((await device.socket.untilClosed()).code).toBe(4403);
  expect(await statusAndCode(callApi("GET", "/api/settings", undefined, shop.token))).toEqual([401, "unauthorized"]);
  expect((await callApi("GET", "/api/settings", undefined, second.token)).status).toBe(200);
  expect(await statusAndCode(callApi("DELETE", `${path}/${shop.id}`, undefined, ADMIN))).toEqual([404, "not_found"]);
});

test("[B4] tokens survive an eviction, and there are at most sixteen", async () => {
  const shop = await createService("shop", "send", "read");
  const path = `/api/admin/services/${shop.userName}/tokens`;
  for (let i = 1; i < 16; i++) expect((await callApi("POST", path, { scopes: ["read"] }, ADMIN)).status).toBe(201);
  expect(await statusAndCode(callApi("POST", path, { scopes: ["read"] }, ADMIN))).toEqual([403, "forbidden"]);
  await abortAllDurableObjects();
  expect((await openWithToken(shop)).welcome.user).toBe(shop.userName);
});

test("[B4] an ended service closes its connections and refuses messages, and an operator may create it again", async () => {
  const shop = await createService("shop", "send", "read");
  const [device, alice] = [await openWithToken(shop), await open(fresh("alice"))];
  const path = `/api/admin/services/${shop.userName}`;
  expect((await callApi("DELETE", path, undefined, ADMIN)).status).toBe(204);
  expect((await device.socket.untilClosed()).code).toBe(4403);
  expect(await statusAndCode(callApi("GET", path, undefined, ADMIN))).toEqual([404, "not_found"]);
  expect(await listed()).not.toContain(shop.userName);
  alice.send({ type: "send", id: 1, to: shop.userName, body: "still there?" });
  expect(await alice.until("failed")).toMatchObject({ code: "unknown_receiver" });
  expect(await closeCodeOf(shop.userName, {})).toBe(4403);
  const again = await callApi(
    "POST",
    "/api/admin/services",
    { userName: shop.userName, scopes: ["send", "read"] },
    ADMIN,
  );
  expect((await openWithToken(await again.json())).welcome.user).toBe(shop.userName);
});

test("[B5] a service's mailbox opens only to its own tokens, also in `open` mode", async () => {
  const [shop, other] = [await createService("shop", "send", "read"), await createService("other", "send", "read")];
  expect(await closeCodeOf(shop.userName, {})).toBe(4403);
  expect(await closeCodeOf(shop.userName, { Authorization: `Bearer ${other.token}` })).toBe(4403);
  expect(await statusAndCode(fetchWorker(`/api/conversations?user=${shop.userName}`))).toEqual([403, "forbidden"]);
  expect((await upgrade(`/client/${shop.userName}`, null)).status).toBe(403);
  const beside = await upgrade(`/client/${shop.userName}?device=a`, `restante.v1, bearer.${shop.token}`);
  socketOf(beside).close();
  expect(beside.status).toBe(101);
});

test("[B5] a fresh token keeps a service's socket open, and a user's token closes it", async () => {
  const shop = await createService("shop", "send", "read");
  const path = `/api/admin/services/${shop.userName}/tokens`;
  const next = await (await callApi("POST", path, { scopes: ["send", "read"] }, ADMIN)).json<typeof shop>();
  const device = await openWithToken(shop);
  device.send({ type: "token", token: next.token });
  await device.until("token");
  await callApi("DELETE", `${path}/${shop.id}`, undefined, ADMIN);
  device.send({ type: "send", id: 1, to: shop.userName, body: "still here" });
  expect(await device.until("accepted")).toMatchObject({ state: "stored" });
  device.send({ type: "token", token: "something else" });
  expect((await device.socket.untilClosed()).code).toBe(4401);
});

async function listed(): Promise<string[]> {
  const names: string[] = [];
  for (let more = true; more;) {
    const path = `/api/admin/services?after=${encodeURIComponent(names.at(-1) ?? "")}`;
    const page = await (
      await callApi("GET", path, undefined, ADMIN)
    ).json<{
      readonly services: readonly { readonly userName: string }[];
      readonly more: boolean;
    }>();
    names.push(...page.services.map(({ userName }) => userName));
    more = page.more;
  }
  return names;
}
