// Tokens of accounts: a token opens one mailbox and no other, in a header or beside the subprotocol; a socket may present
// a fresh one; and what a mailbox stores of its secrets opens nothing.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { claimAccount, closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";
import { socketOf, upgrade } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";

/** Everything that a mailbox stores, as one text. */
const dump = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    );
    return JSON.stringify([...tables].map(({ name: table }) => sql.exec(`SELECT * FROM ${table}`).toArray()));
  });

test("[A2] a token opens its own mailbox and no other, in a header or beside the subprotocol", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  expect((await openWithToken(alice)).welcome.user).toBe(alice.userName);
  const path = `/client/${alice.userName}?device=tablet`;
  const beside = await upgrade(path, `restante.v1, bearer.${alice.token}`);
  expect(beside.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v1");
  expect(await nextFrame(socketOf(beside))).toMatchObject({ type: "welcome", user: alice.userName });
  expect(await closeCodeOf(bob.userName, { Authorization: `Bearer ${alice.token}` })).toBe(4403);
  expect(await closeCodeOf(alice.userName, {})).toBe(4401);
  expect(await closeCodeOf(alice.userName, { Authorization: "Bearer nonsense" })).toBe(4401);
  const [prefix, name] = alice.token.split(".");
  expect(await closeCodeOf(alice.userName, { Authorization: `Bearer ${prefix}.${name}.${"A".repeat(43)}` })).toBe(4401);
  const plain = await upgrade(`/client/${alice.userName}`, null);
  expect([plain.status, await plain.json()]).toMatchObject([
    401,
    { code: "unauthorized", message: expect.any(String) },
  ]);
  expect((await callApi("GET", "/api/conversations", undefined, alice.token)).status).toBe(200);
  expect((await callApi("GET", `/api/conversations?user=${bob.userName}`, undefined, alice.token)).status).toBe(403);
  expect((await callApi("GET", "/api/conversations")).status).toBe(401);
});

test("[A2] a token in a URL is ignored", async () => {
  const alice = await claimAccount("alice");
  for (const name of ["token", "access_token", "bearer", "authorization"]) {
    const line = socketOf(await upgrade(`/client/${alice.userName}?device=d&${name}=${alice.token}`, "restante.v1"));
    expect((await line.untilClosed()).code).toBe(4401);
    expect((await callApi("GET", `/api/devices?${name}=${alice.token}`)).status).toBe(401);
  }
});

test("[A2] the stored hashes of tokens and codes open nothing", async () => {
  const alice = await claimAccount("alice");
  const { code } = (await (await callApi("POST", "/api/link-codes", {}, alice.token)).json()) as { code: string };
  const disk = await dump(alice.userName);
  const secret = alice.token.split(".")[2] ?? "";
  for (const text of [
    secret,
    alice.recoveryCode,
    alice.recoveryCode.replaceAll("-", ""),
    code,
    code.replace("-", ""),
  ]) {
    expect(disk).not.toContain(text);
  }
});

test("[A7] a socket may present a fresh token; a wrong one closes it", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
    code: string;
  };
  const other = (await (
    await callApi("POST", "/api/sign-in", { userName: alice.userName, code })
  ).json()) as typeof alice;
  const phone = await openWithToken(alice);
  phone.send({ type: "token", token: other.token });
  expect(await phone.until("token")).toEqual({ type: "token" });
  // From now on the socket depends on the other token.
  await callApi("DELETE", `/api/devices/${alice.device}`, undefined, other.token);
  expect((await phone.settled()).filter(({ type }) => type !== "notice")).toEqual([]);
  phone.send({ type: "token", token: bob.token });
  expect(await phone.until("closing")).toMatchObject({ code: 4403 });
});

test("[A7] presenting a revoked token closes the connection", async () => {
  const alice = await claimAccount("alice");
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
    code: string;
  };
  const other = (await (
    await callApi("POST", "/api/sign-in", { userName: alice.userName, code })
  ).json()) as typeof alice;
  await callApi("DELETE", `/api/devices/${other.device}`, undefined, alice.token);
  const phone = await openWithToken(alice);
  phone.send({ type: "token", token: other.token });
  expect(await phone.until("closing")).toMatchObject({ code: 4401 });
});
