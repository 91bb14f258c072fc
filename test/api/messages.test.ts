// Sending over HTTP: the same replies as on a socket, and idempotency keys.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fetchWorker } from "../support/accounts.ts";
import { fresh, get, open, plain } from "../support/devices.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import { createService, statusAndCode } from "../support/operators.ts";

/** Sends as `user`. */
const send = (user: string, body: unknown, headers: Record<string, string> = {}) =>
  fetchWorker(`/api/messages?user=${user}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const answerTo = async (user: string, body: unknown, key?: string) =>
  (await send(user, body, key === undefined ? {} : { "Idempotency-Key": key })).json<Record<string, unknown>[]>();

test("[H5] a message is sent with one request: it arrives, and the response is the reply of a socket", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const response = await send(alice, { to: bob.welcome.user.toUpperCase(), body: { text: "hi" } });
  expect(response.status).toBe(200);
  const answer = await response.json<Record<string, unknown>>();
  expect(answer).toEqual({ type: "accepted", entry: expect.any(Number), at: expect.any(Number), state: "stored" });
  expect(await bob.until("message")).toMatchObject({ from: alice, origin: answer["entry"], body: { text: "hi" } });
});

test("[H5] the sender's own devices and plain clients receive the message", async () => {
  const [alice, note] = [await open(fresh("alice")), await plain(fresh("bob"))];
  await send(alice.welcome.user, { to: alice.welcome.user, body: "to myself" });
  const own = await alice.until("message");
  expect(own).toMatchObject({ from: alice.welcome.user, to: alice.welcome.user, body: "to myself" });
  expect(own).not.toHaveProperty("id");
  note.close();
});

test("[H5] several messages have an outcome each, in order; a refused one delays no other", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const to = bob.welcome.user;
  const large = "x".repeat(70_000);
  const answers = await answerTo(alice, [
    { to, body: 1 },
    { to: "a b", body: 2 },
    { to: "system", body: 3 },
    { to, body: large },
    { to: alice, body: 5 },
    { to, body: 6 },
  ]);
  expect(answers.map(({ type, state, code }) => [type, state ?? code])).toEqual([
    ["accepted", "stored"],
    ["refused", "bad_name"],
    ["refused", "reserved_name"],
    ["refused", "too_large"],
    ["accepted", "stored"],
    ["accepted", "stored"],
  ]);
  expect((await bob.take("message", 2)).map(({ body }) => body)).toEqual([1, 6]);
});

test("[H5] a message to an unreachable receiver is `queued`", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  await runInDurableObject(env.MAILBOX.getByName(bob), (instance) => {
    (instance as Mailbox).deliver = () => Promise.reject(new Error("not to be reached"));
  });
  expect(await answerTo(alice, { to: bob, body: "hi" })).toMatchObject({ type: "accepted", state: "queued" });
});

const wrong: [what: string, body: unknown, code: string, field?: string][] = [
  ["no JSON", "{", "bad_frame"],
  ["nothing", "", "bad_frame"],
  ["a text", '"hi"', "bad_frame"],
  ["no receiver", { body: "hi" }, "bad_frame", "to"],
  ["no body", { to: "bob" }, "bad_frame", "body"],
  ["a receiver that is no text", { to: 7, body: "hi" }, "bad_frame", "to"],
  ["a receiver that is no name", { to: "a b", body: "hi" }, "bad_name", "to"],
  ["a reserved receiver", { to: "system", body: "hi" }, "reserved_name", "to"],
  ["a field that does not belong", { to: "bob", body: "hi", from: "carol" }, "bad_frame", "from"],
  ["an empty list", [], "bad_frame"],
  ["a list with a gap", [{ to: "bob", body: 1 }, { body: 2 }], "bad_frame", "1.to"],
  ["a list with something else", [{ to: "bob", body: 1 }, 7], "bad_frame", "1"],
  ["a body of a mile", { to: "bob", body: "x".repeat(70_000) }, "too_large", "body"],
  ["a request of a mile", JSON.stringify({ to: "bob", body: "x".repeat(1_100_000) }), "too_large"],
  ["too many at once", Array.from({ length: 4_097 }, () => ({ to: "bob", body: 1 })), "bad_frame"],
];

test.each(wrong)("[H9] %s is refused with the name of the field, and writes nothing", async (_, body, code, field) => {
  const alice = fresh("alice");
  const response = await send(alice, body);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  const problem = await response.json<Record<string, unknown>>();
  expect(problem).toMatchObject({ type: `urn:restante:${code}`, status: response.status, code });
  expect(problem["detail"]).toBe(problem["message"]);
  expect(problem["field"]).toBe(field);
  expect(await get(`/api/conversations?user=${alice}`)).toMatchObject({ conversations: [] });
});

test("[H6] a repeated request with the same key is answered again, and sent once", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const body = [
    { to: bob.welcome.user, body: "once" },
    { to: bob.welcome.user, body: "twice" },
  ];
  const [first, again] = await Promise.all([1, 2].map(() => answerTo(alice, body, "order-1")));
  expect(again).toEqual(first);
  expect(await answerTo(alice, body, "order-1")).toEqual(first);
  expect((await bob.take("message", 2)).map(({ body: said }) => said)).toEqual(["once", "twice"]);
  expect(await bob.settled()).toEqual([]);
});

test("[H6] the same key with another body is 409, and sends nothing", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const to = bob.welcome.user;
  await answerTo(alice, { to, body: "one" }, "k");
  for (const other of [
    { to, body: "two" },
    { to: alice, body: "one" },
    [
      { to, body: "one" },
      { to, body: "one" },
    ],
  ]) {
    expect(await statusAndCode(send(alice, other, { "Idempotency-Key": "k" }))).toEqual([409, "id_reused"]);
  }
  // Keys are separate for each user, and without one nothing is compared.
  expect(await answerTo(fresh("carol"), { to, body: "two" }, "k")).toMatchObject({ state: "stored" });
  expect(await answerTo(alice, { to, body: "two" })).toMatchObject({ state: "stored" });
});

test("[H6][S2] under a key bodies are compared as values, also with requests that older code stored", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const to = bob.welcome.user;
  const send = async (body: string, key: string) => {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const init = { method: "POST", headers, body: `[{"to":"${to}","body":${body}}]` };
    return (await fetchWorker(`/api/messages?user=${alice}`, init)).json<Record<string, unknown>[]>();
  };
  for (const [key, first, again] of [
    ["sorted", `{"a":1,"b":{"c":2,"d":3}}`, `{"b":{"d":3,"c":2},"a":1}`],
    ["reordered", `{"b":{"d":3,"c":2},"a":1}`, `{"a":1,"b":{"c":2,"d":3}}`],
  ] as const) {
    const answer = await send(first, key);
    expect(answer).toMatchObject([{ state: "stored" }]);
    expect(await send(again, key)).toEqual(answer);
    expect(await send(first, key)).toEqual(answer);
    expect(await send(`{"a":1,"b":{"c":2,"d":4}}`, key)).toMatchObject({ code: "id_reused" });
  }
  await runInDurableObject(env.MAILBOX.getByName(alice), (_, { storage: { sql } }) => {
    sql.exec("UPDATE sending SET sorted = NULL");
  });
  expect(await send(`{"b":{"d":3,"c":2},"a":1}`, "sorted")).toMatchObject([{ state: "stored" }]);
  expect(await send(`{"b":{"d":3,"c":2},"a":1}`, "reordered")).toMatchObject([{ state: "stored" }]);
  expect(await bob.take("message", 2)).toHaveLength(2);
  expect(await bob.settled()).toEqual([]);
});

test("[H6] a repetition with the same key sends refused messages again, and accepted ones not", async () => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const to = bob.welcome.user;
  await send(alice, { to, body: "hello" });
  await fetchWorker(`/api/blocks/${to}?user=${alice}`, { method: "PUT" });
  const body = [
    { to: alice, body: "note" },
    { to, body: "hi" },
  ];
  const [note, refused] = await answerTo(alice, body, "k");
  expect([note?.["state"], refused?.["code"]]).toEqual(["stored", "declined"]);
  await fetchWorker(`/api/blocks/${to}?user=${alice}`, { method: "DELETE" });
  const again = await answerTo(alice, body, "k");
  expect(again[0]).toEqual(note);
  expect(again[1]).toMatchObject({ type: "accepted", state: "stored" });
  expect(await answerTo(alice, body, "k")).toEqual(again);
});

test("[H6] a key is stored for 24 hours, in one row", async () => {
  const alice = fresh("alice");
  const body = { to: alice, body: "a note" };
  await answerTo(alice, body, "first");
  const rows = await countRowsWritten(alice);
  const first = await answerTo(alice, body, "second");
  expect(rows()).toBe(2);
  expect(await answerTo(alice, body, "second")).toEqual(first);
  expect(rows()).toBe(0);
  const age = (hours: number) =>
    runInDurableObject(env.MAILBOX.getByName(alice), (_, { storage: { sql } }) => {
      const by = hours * 3_600_000;
      sql.exec("UPDATE sending SET at = at - ?, day = CAST((at - ?) / 86400000 AS INTEGER)", by, by);
    });
  await age(23);
  expect(await answerTo(alice, body, "second")).toEqual(first);
  await age(2);
  expect(await answerTo(alice, body, "second")).not.toEqual(first);
});

test.each([
  ["blanks", "a b"],
  ["letters of elsewhere", "schl\u00fcssel"],
  ["too many characters", "x".repeat(256)],
])("[H6] a key with %s is refused", async (_, key) => {
  const response = await send(fresh("alice"), { to: "bob", body: "hi" }, { "Idempotency-Key": key });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad_query", field: "idempotency-key" });
});

test("[H5] a service sends as itself, with its token only", async () => {
  const [shop, bob] = [await createService("shop", "send"), await open(fresh("bob"))];
  const init = { method: "POST", headers: { Authorization: `Bearer ${shop.token}` } };
  const body = JSON.stringify({ to: bob.welcome.user, body: "your parcel" });
  expect((await fetchWorker("/api/messages", { ...init, body })).status).toBe(200);
  expect(await bob.until("message")).toMatchObject({ from: shop.userName, body: "your parcel" });
  expect(await statusAndCode(fetchWorker(`/api/messages?user=${bob.welcome.user}`, { ...init, body }))).toEqual([
    403,
    "forbidden",
  ]);
});
