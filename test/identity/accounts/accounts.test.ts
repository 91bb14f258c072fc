// Accounts without passwords: a name is claimed once, a token opens one mailbox and no other, codes sign in more
// devices, and a device that was signed out gets in no more.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ask, claimed, closedWith, openAs, say } from "../../support/accounts.ts";
import { hashOfCode } from "../../../src/identity/token.ts";
import { fresh, lineOf, upgrade } from "../../support/devices.ts";
import { heard } from "../../support/line.ts";

const tablesOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );

/** Everything that a mailbox stores, as one text. */
const dump = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    );
    return JSON.stringify([...tables].map(({ name: table }) => sql.exec(`SELECT * FROM ${table}`).toArray()));
  });

test("[A1] claiming a free name answers 201 with a token, a recovery code and a cookie; after that the name is taken", async () => {
  const userName = fresh("alice");
  const response = await say("POST", "/api/accounts", { userName: userName.toUpperCase(), label: "My laptop" });
  expect(response.status).toBe(201);
  const account: Record<string, unknown> = await response.json();
  expect(account).toEqual({
    userName,
    token: expect.stringMatching(/^rst1\.[\w-]+\.[\w-]{43}$/),
    recoveryCode: expect.stringMatching(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/),
    device: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const cookie = response.headers.get("Set-Cookie") ?? "";
  expect(cookie).toMatch(/^__Host-restante=rst1\./);
  for (const word of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(word);
  const again = await say("POST", "/api/accounts", { userName });
  expect([again.status, await again.json()]).toMatchObject([409, { code: "name_taken", message: expect.any(String) }]);
});

test("[A1] of two simultaneous claims of a name one succeeds", async () => {
  const userName = fresh("alice");
  const both = await Promise.all([1, 2].map(() => say("POST", "/api/accounts", { userName })));
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
});

test("[A1] the cookie is `Secure` except on loopback, where browsers would not store it", async () => {
  const request = new Request("http://localhost:8787/api/accounts", {
    method: "POST",
    body: JSON.stringify({ userName: fresh("alice") }),
  });
  const cookie = (await exports.default.fetch(request)).headers.get("Set-Cookie") ?? "";
  expect(cookie).toMatch(/^restante=rst1\./);
  expect(cookie).toContain("HttpOnly");
  expect(cookie).not.toContain("Secure");
});

test.each([
  ["no JSON", "{"],
  ["no name", "{}"],
  ["a name that is none", '{"userName":"a b"}'],
  ["a reserved name", '{"userName":"system"}'],
  ["a field that does not belong", '{"userName":"alice","admin":true}'],
  ["a label of a mile", JSON.stringify({ userName: "alice", label: "x".repeat(65) })],
  ["an array", "[]"],
  ["a body of a mile", `{"userName":"${"x".repeat(70_000)}"}`],
])("[A1] a claim with %s is refused with a sentence", async (_, body) => {
  const response = await ask("/api/accounts", { method: "POST", body });
  expect([400, 413]).toContain(response.status);
  expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
});

test("[A2] a token opens its own mailbox and no other, in a header or beside the subprotocol", async () => {
  const [alice, bob] = [await claimed("alice"), await claimed("bob")];
  expect((await openAs(alice)).welcome.user).toBe(alice.userName);
  const path = `/client/${alice.userName}?device=tablet`;
  const beside = await upgrade(path, `restante.v1, bearer.${alice.token}`);
  expect(beside.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v1");
  expect(await heard(lineOf(beside))).toMatchObject({ type: "welcome", user: alice.userName });
  expect(await closedWith(bob.userName, { Authorization: `Bearer ${alice.token}` })).toBe(4403);
  expect(await closedWith(alice.userName, {})).toBe(4401);
  expect(await closedWith(alice.userName, { Authorization: "Bearer nonsense" })).toBe(4401);
  const [prefix, name] = alice.token.split(".");
  expect(await closedWith(alice.userName, { Authorization: `Bearer ${prefix}.${name}.${"A".repeat(43)}` })).toBe(4401);
  const plain = await upgrade(`/client/${alice.userName}`, null);
  expect([plain.status, await plain.json()]).toMatchObject([
    401,
    { code: "unauthorized", message: expect.any(String) },
  ]);
  expect((await say("GET", "/api/conversations", undefined, alice.token)).status).toBe(200);
  expect((await say("GET", `/api/conversations?user=${bob.userName}`, undefined, alice.token)).status).toBe(403);
  expect((await say("GET", "/api/conversations")).status).toBe(401);
});

test("[A2] a token in a URL is ignored", async () => {
  const alice = await claimed("alice");
  for (const name of ["token", "access_token", "bearer", "authorization"]) {
    const line = lineOf(await upgrade(`/client/${alice.userName}?device=d&${name}=${alice.token}`, "restante.v1"));
    expect((await line.end()).code).toBe(4401);
    expect((await say("GET", `/api/devices?${name}=${alice.token}`)).status).toBe(401);
  }
});

test("[A2] the stored hashes of tokens and codes open nothing", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", {}, alice.token)).json()) as { code: string };
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

test("[A3] the recovery code signs in a device once, and is replaced", async () => {
  const alice = await claimed("alice");
  const typed = alice.recoveryCode.toUpperCase().replaceAll("-", " ").replaceAll("0", "O").replaceAll("1", "l");
  const response = await say("POST", "/api/sign-in", { userName: alice.userName, code: typed });
  expect(response.status).toBe(200);
  const next = (await response.json()) as { token: string; recoveryCode: string };
  expect(next.recoveryCode).not.toBe(alice.recoveryCode);
  expect((await openAs({ ...alice, token: next.token }, "tablet")).welcome.user).toBe(alice.userName);
  expect((await say("POST", "/api/sign-in", { userName: alice.userName, code: alice.recoveryCode })).status).toBe(401);
  expect((await say("POST", "/api/sign-in", { userName: alice.userName, code: next.recoveryCode })).status).toBe(200);
});

test("[A3] a new recovery code ends the old one", async () => {
  const alice = await claimed("alice");
  const response = await say("POST", "/api/recovery-code", undefined, alice.token);
  expect(response.status).toBe(201);
  const { recoveryCode } = (await response.json()) as { recoveryCode: string };
  const signIn = (code: string) => say("POST", "/api/sign-in", { userName: alice.userName, code });
  expect((await signIn(alice.recoveryCode)).status).toBe(401);
  expect((await signIn(recoveryCode)).status).toBe(200);
});

test("[A3] after a hundred wrong recovery codes of strangers the right one still works", async () => {
  const alice = await claimed("alice");
  const signIn = (code: string) => say("POST", "/api/sign-in", { userName: alice.userName, code });
  const wrong = await Promise.all(Array.from({ length: 100 }, (_, i) => signIn(`${i}`.padStart(25, "x"))));
  expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
  expect((await signIn(alice.recoveryCode)).status).toBe(200);
});

test("[A4] a link code signs in a device once", async () => {
  const alice = await claimed("alice");
  const made = await say("POST", "/api/link-codes", undefined, alice.token);
  expect(made.status).toBe(201);
  const { code, expires } = (await made.json()) as { code: string; expires: number };
  expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){2}$/);
  expect(Math.abs(expires - Date.now() - 600_000)).toBeLessThan(60_000);
  const signIn = () => say("POST", "/api/sign-in", { userName: alice.userName, code: code.toUpperCase() });
  const response = await signIn();
  expect(response.status).toBe(200);
  const linked = (await response.json()) as { token: string; recoveryCode?: string };
  expect(linked.recoveryCode).toBeUndefined();
  expect((await openAs({ ...alice, token: linked.token }, "tablet")).welcome.user).toBe(alice.userName);
  expect((await signIn()).status).toBe(401);
});

test("[A4] wrong codes of strangers end no link code, also with an eviction in between", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  const signIn = (one: string) => say("POST", "/api/sign-in", { userName: alice.userName, code: one });
  for (let i = 0; i < 20; i++) expect((await signIn(`0000-0000-00${i + 10}`)).status).toBe(401);
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await signIn(code)).status).toBe(200);
});

test("[A4] a link code of eight characters, made by older code, works until it ends", async () => {
  const alice = await claimed("alice");
  await runInDurableObject(env.MAILBOX.getByName(alice.userName), async (_, state) => {
    const hash = await hashOfCode(alice.userName, "12345678");
    state.storage.sql.exec("UPDATE account SET link = ?, linkEnds = ?", hash, Date.now() + 60_000);
  });
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await say("POST", "/api/sign-in", { userName: alice.userName, code: "1234-5678" })).status).toBe(200);
});

test("[A4] a link code works for ten minutes", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, state) => {
    state.storage.sql.exec("UPDATE account SET linkEnds = linkEnds - 600000");
  });
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await say("POST", "/api/sign-in", { userName: alice.userName, code })).status).toBe(401);
});

test("[A5] devices are listed, the calling one among them", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  await say("POST", "/api/sign-in", { userName: alice.userName, code, label: "Tablet" });
  await openAs(alice);
  const list = (await (await say("GET", "/api/devices", undefined, alice.token)).json()) as Record<string, unknown>[];
  expect(list).toHaveLength(2);
  expect(list.find(({ current }) => current)).toMatchObject({ id: alice.device, online: true });
  expect(list.find(({ current }) => !current)).toMatchObject({ label: "Tablet", online: false });
});

const states = [
  ["awake", () => Promise.resolve()],
  ["hibernating", (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" })],
] as const;

test.each(states)(
  "[A5] a device that was signed out while its mailbox is %s is closed with 4403, and gets in no more",
  async (_, bring) => {
    const [alice, bob] = [await claimed("alice"), await claimed("bob")];
    const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
    const lost = (await (await say("POST", "/api/sign-in", { userName: alice.userName, code })).json()) as typeof alice;
    const phone = await openAs(alice, "phone");
    const tablet = await openAs(lost, "tablet");
    await bring(alice.userName);
    const mailbox = env.MAILBOX.getByName(alice.userName);
    const half = await runInDurableObject(mailbox, (_, state) =>
      state.getWebSockets().find((ws) => (ws.deserializeAttachment() as { device: string }).device === "tablet"),
    );
    expect((await say("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(204);
    expect(await tablet.until("closing")).toMatchObject({ code: 4403 });
    // Half open: its socket still sends a frame, which is not accepted.
    await runInDurableObject(mailbox, (instance) => {
      const frame = { type: "send", id: 1, to: bob.userName, body: "from a thief" };
      if (half !== undefined) void instance.webSocketMessage(half, JSON.stringify(frame));
    });
    const sender = await openAs(bob);
    sender.send({ type: "send", id: 1, to: alice.userName, body: "for alice" });
    expect(await phone.until("message")).toMatchObject({ body: "for alice" });
    expect(await sender.settled()).not.toContainEqual(expect.objectContaining({ body: "from a thief" }));
    expect(tablet.line.unread).toBe(0);
    expect(await closedWith(alice.userName, { Authorization: `Bearer ${lost.token}` })).toBe(4401);
    expect((await say("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(404);
  },
);

test("[A5] signing out ends the calling device and its cookie", async () => {
  const alice = await claimed("alice");
  const phone = await openAs(alice);
  const response = await say("POST", "/api/sign-out", undefined, alice.token);
  expect(response.status).toBe(204);
  expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-restante=;.*Max-Age=0/);
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4403 });
  expect((await say("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});

test("[A5] the sixty-fifth device signs out the one not seen for longest", async () => {
  const alice = await claimed("alice");
  let recoveryCode = alice.recoveryCode;
  for (let i = 0; i < 64; i++) {
    const response = await say("POST", "/api/sign-in", { userName: alice.userName, code: recoveryCode });
    ({ recoveryCode } = (await response.json()) as { recoveryCode: string });
  }
  expect((await say("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});

test("[A6] a message to an unclaimed name is accepted, then fails, and leaves no trace there", async () => {
  const [alice, nobody] = [await claimed("alice"), fresh("ghost")];
  const phone = await openAs(alice);
  phone.send({ type: "send", id: 1, to: nobody, body: "hello?" }, { type: "send", id: 2, to: nobody, body: "hello!" });
  const [one, two] = await phone.take("accepted", 2);
  expect([one, two]).toEqual([
    expect.objectContaining({ id: 1, state: "queued" }),
    expect.objectContaining({ id: 2, state: "queued" }),
  ]);
  // The failed entries come in the log's order, and may precede the replies.
  const list = (await (await say("GET", `/api/conversations/${nobody}/messages`, undefined, alice.token)).json()) as {
    messages: Record<string, unknown>[];
  };
  expect(list.messages.map(({ failed }) => failed)).toEqual(["unknown_receiver", "unknown_receiver"]);
  expect(await tablesOf(nobody)).toEqual([]);
  const account = (await (await say("POST", "/api/accounts", { userName: nobody })).json()) as typeof alice;
  phone.send({ type: "send", id: 3, to: nobody, body: "there you are" });
  expect(await phone.until("accepted")).toMatchObject({ id: 3, state: "stored" });
  expect(await (await openAs(account)).until("message")).toMatchObject({ body: "there you are" });
});

test("[A6] requests about unclaimed names write nothing", async () => {
  const alice = await claimed("alice");
  const nobody = fresh("ghost");
  const token = `rst1.${btoa(nobody).replaceAll("=", "")}.${"A".repeat(43)}`;
  await closedWith(nobody, { Authorization: `Bearer ${token}` });
  await say("GET", "/api/devices", undefined, token);
  await say("POST", "/api/sign-in", { userName: nobody, code: "1".repeat(25) });
  await say("POST", "/api/sign-in", { userName: nobody, code: "1234-5678" });
  const phone = await openAs(alice);
  phone.send(
    { type: "watch", peers: [nobody] },
    { type: "typing", to: nobody },
    { type: "read", peer: nobody, seq: 1 },
  );
  await phone.settled();
  await say("GET", `/api/conversations/${nobody}/messages`, undefined, alice.token);
  expect(await tablesOf(nobody)).toEqual([]);
});

test("[A7] a socket may present a fresh token; a wrong one closes it", async () => {
  const [alice, bob] = [await claimed("alice"), await claimed("bob")];
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  const other = (await (await say("POST", "/api/sign-in", { userName: alice.userName, code })).json()) as typeof alice;
  const phone = await openAs(alice);
  phone.send({ type: "token", token: other.token });
  expect(await phone.until("token")).toEqual({ type: "token" });
  // From now on the socket depends on the other token.
  await say("DELETE", `/api/devices/${alice.device}`, undefined, other.token);
  expect((await phone.settled()).filter(({ type }) => type !== "notice")).toEqual([]);
  phone.send({ type: "token", token: bob.token });
  expect(await phone.until("closing")).toMatchObject({ code: 4403 });
});

test("[A8] the modes of authentication and registration are public", async () => {
  expect(await (await ask("/api/auth")).json()).toEqual({ auth: "accounts", registration: "open" });
});

test("[A9] an address has a limited number of attempts a minute; a right token costs none", async () => {
  const alice = await claimed("alice");
  const headers = { "CF-Connecting-IP": "203.0.113.7" };
  const guess = () =>
    ask("/api/sign-in", {
      method: "POST",
      headers,
      body: JSON.stringify({ userName: alice.userName, code: "1".repeat(24) }),
    });
  const known = { ...headers, Authorization: `Bearer ${alice.token}` };
  for (let i = 0; i < 40; i++) expect((await ask("/api/devices", { headers: known })).status).toBe(200);
  const answers = [];
  for (let i = 0; i < 31; i++) answers.push((await guess()).status);
  expect(answers[0]).toBe(401);
  expect(answers.at(-1)).toBe(429);
  expect((await ask("/api/devices", { headers: known })).status).toBe(200);
  const late = await ask("/api/devices", { headers: { ...headers, Authorization: "Bearer wrong" } });
  expect(late.status).toBe(429);
  expect(Number(late.headers.get("Retry-After"))).toBeLessThanOrEqual(60);
  const line = lineOf(await upgrade(`/client/${alice.userName}?device=d`, "restante.v1, bearer.wrong", headers));
  expect(await heard(line)).toMatchObject({ type: "closing", code: 4429, retryAfter: expect.any(Number) });
});

test("[A7] presenting a revoked token closes the connection", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  const other = (await (await say("POST", "/api/sign-in", { userName: alice.userName, code })).json()) as typeof alice;
  await say("DELETE", `/api/devices/${other.device}`, undefined, alice.token);
  const phone = await openAs(alice);
  phone.send({ type: "token", token: other.token });
  expect(await phone.until("closing")).toMatchObject({ code: 4401 });
});
