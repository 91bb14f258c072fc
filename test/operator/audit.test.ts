// The audit of operators' actions, in `open` mode.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { AUDITED } from "../../src/protocol/audit.ts";
import type { AuditPart, AuditPage } from "../../src/protocol/audit.ts";
import { AUDIT_OBJECT } from "../../src/protocol/registry.ts";
import { AuditRows } from "../../src/registry/audit-rows.ts";
import { callApi, fetchWorker } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { ADMIN, createService, statusAndCode } from "../support/operators.ts";
import { countRows } from "../support/count-rows.ts";

const at = (name: string, rest = "") => `/api/admin/users/${encodeURIComponent(name)}${rest}`;
const operate = (method: string, path: string, body?: unknown, token = ADMIN) => callApi(method, path, body, token);

async function audit(query: Record<string, string>): Promise<AuditPage> {
  const response = await operate("GET", `/api/admin/audit?${new URLSearchParams(query).toString()}`);
  expect(response.status, await response.clone().text()).toBe(200);
  return response.json();
}

/** Makes statements of this kind fail, until the returned function is called. */
async function breakAudit(kind: "INSERT" | "UPDATE"): Promise<() => Promise<unknown>> {
  const run = (statement: string) =>
    runInDurableObject(env.REGISTRY.getByName(AUDIT_OBJECT), (_, { storage }) => storage.sql.exec(statement).toArray());
  await run(`CREATE TRIGGER broken BEFORE ${kind} ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
  return () => run("DROP TRIGGER broken");
}

const actionsOn = async (user: string) => (await audit({ user })).lines.toReversed();

test("[X6] every action of an operator has a line: who, what, whom, when, from which network, and the result", async () => {
  const [name, boss] = [fresh("alice"), await createService("boss", "admin")];
  const before = Date.now();
  await open(name);
  await operate("PUT", at(name, "/suspension"), { reason: "spam" });
  await operate("DELETE", at(name, "/suspension"), undefined, boss.token);
  await operate("POST", at(name, "/disconnect"), { device: "phone" });
  await (await operate("GET", at(name, "/export"))).text();
  await operate("POST", at(name, "/restore"), { at: 77 });
  await operate("DELETE", at(name));
  const lines = await actionsOn(name);
  expect(lines.map(({ action, result, detail }) => [action, result, detail])).toEqual([
    ["suspend", "done", { reason: "spam" }],
    ["resume", "done", {}],
    ["disconnect", "done", { device: "phone" }],
    ["export", "done", {}],
    ["restore", "not_found", { at: 77 }],
    ["erase", "done", {}],
  ]);
  expect(lines[0]).toMatchObject({ operator: "secret", operatorToken: null, network: "198.18.0.0/24" });
  expect(lines[1]).toMatchObject({ operator: boss.userName, operatorToken: boss.id });
  expect(lines.every((line) => line.at >= before && line.at <= Date.now())).toBe(true);
});

test("[X6] tokens that are made and revoked have lines with their ids, and no line has a secret", async () => {
  const { userName, id, token } = await createService("bot", "admin");
  const path = `/api/admin/services/${userName}`;
  const granted = await (
    await operate("POST", `${path}/tokens`, { scopes: ["send"], label: "two" })
  ).json<{
    id: string;
    token: string;
  }>();
  await operate("PUT", `${path}/webhook`, { url: "https://hooks.example.com/secret-path" });
  await operate("DELETE", `${path}/webhook`);
  await operate("DELETE", `${path}/tokens/${granted.id}`);
  await operate("DELETE", path);
  const lines = await actionsOn(userName);
  expect(lines.map(({ action, detail }) => [action, detail])).toEqual([
    ["create_service", { scopes: ["admin"], id }],
    ["grant_token", { scopes: ["send"], label: "two", id: granted.id }],
    ["set_webhook", { host: "hooks.example.com" }],
    ["remove_webhook", {}],
    ["revoke_token", { id: granted.id }],
    ["revoke_service", {}],
  ]);
  for (const secret of [token, granted.token, "secret-path"]) expect(JSON.stringify(lines)).not.toContain(secret);
});

test("[X6] looks at the data of somebody have lines of their own", async () => {
  const name = fresh("alice");
  await operate("GET", at(name));
  await operate("GET", at(name, "/messages/1"));
  const { lines } = await audit({ of: "looks", user: name });
  expect(lines.map(({ action, detail }) => [action, detail])).toEqual([
    ["trace", { seq: 1 }],
    ["look", {}],
  ]);
  expect(await actionsOn(name)).toEqual([]);
});

test("[X6] a request that is refused before it could act has no line, and the route's own list has none", async () => {
  const name = fresh("alice");
  expect(await statusAndCode(operate("PUT", at(name, "/suspension"), { until: "never" }))).toEqual([400, "bad_frame"]);
  expect(await actionsOn(name)).toEqual([]);
});

test("[X6] nothing is done where the line can't be written", async () => {
  const name = fresh("alice");
  const alice = await open(name);
  const repair = await breakAudit("INSERT");
  try {
    for (const [method, path, body] of [
      ["POST", "/disconnect", {}],
      ["PUT", "/suspension", {}],
      ["GET", ""],
      ["GET", "/export"],
      ["DELETE", ""],
    ] as const) {
      expect(await statusAndCode(operate(method, at(name, path), body)), path).toEqual([500, "internal"]);
    }
    expect(await alice.settled()).toEqual([]);
  } finally {
    await repair();
  }
  expect(await (await operate("GET", at(name))).json()).toMatchObject({ is: "user", suspended: null });
});

test("[X6] an action whose result was not written keeps its line, without a result", async () => {
  const name = fresh("alice");
  await open(name);
  const repair = await breakAudit("UPDATE");
  try {
    expect((await operate("POST", at(name, "/disconnect"), {})).status).toBe(200);
  } finally {
    await repair();
  }
  expect(await actionsOn(name)).toMatchObject([{ action: "disconnect", result: null }]);
});

test("[X7] wrong operator tokens are counted by network, with few calls, and push out no action", async () => {
  const network = "203.0.113.0/24";
  const attempt = (last: number) =>
    fetchWorker("/api/admin/stats", {
      headers: { Authorization: `Bearer ${"x".repeat(40)}`, "CF-Connecting-IP": `203.0.113.${last}` },
    });
  for (let n = 0; n < 20; n++) expect((await attempt(n)).status).toBe(401);
  const found = async () => {
    const { lines } = await audit({ of: "attempts" });
    return lines.find((line) => line.network === network);
  };
  await expect.poll(async () => (await found())?.count).toBe(16);
  expect(await found()).toMatchObject({ result: "unauthorized", user: null, operator: null });
});

/** Rows with other bounds, in the file of an object that no other test uses. */
function withRows<T>(lines: Record<AuditPart, number>, work: (rows: AuditRows, sql: SqlStorage) => T): Promise<T> {
  return runInDurableObject(env.REGISTRY.getByName(fresh("audit")), (_, { storage }) =>
    work(new AuditRows(storage.sql, lines), storage.sql),
  );
}

const line = (action: keyof typeof AUDITED, user: string) => {
  return { action, user, operator: "secret", operatorToken: null, network: "unknown", detail: "{}" };
};
const query = { user: null, operator: null, since: 0, before: null };

test("[X7] each part keeps its newest lines, and the others' lines push none of them out", async () => {
  const found = await withRows({ actions: 3, looks: 2, attempts: 2 }, (rows, sql) => {
    for (let n = 1; n <= 4; n++) rows.begin(line("suspend", `u${n}`));
    for (let n = 1; n <= 9; n++) rows.begin(line("look", `u${n}`));
    for (let n = 1; n <= 500; n++) rows.countAttempts(`10.0.${n}.0/24`, "unauthorized", 1);
    const parts = ["actions", "looks", "attempts"] as const;
    return [
      parts.map((of) => rows.list({ ...query, of }).lines.map(({ n }) => n)),
      sql.exec("SELECT 1 FROM audit").toArray().length,
    ];
  });
  // Of 500 networks in a minute, 60 get a line.
  expect(found).toEqual([
    [
      [4, 3, 2],
      [9, 8],
      [60, 59],
    ],
    7,
  ]);
});

test("[X7] the list comes in pages, filtered, and no request looks through more than 5,000 lines", async () => {
  await withRows({ actions: 20_000, looks: 1, attempts: 1 }, (rows) => {
    rows.begin(line("suspend", "alice"));
    for (let n = 0; n < 6_000; n++) rows.begin(line("resume", "bob"));
    const first = rows.list({ ...query, of: "actions" });
    expect(first.lines.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => 6_001 - i));
    expect(rows.list({ ...query, of: "actions", before: first.next }).lines[0]?.n).toBe(5_901);
    const empty = rows.list({ ...query, of: "actions", user: "alice" });
    expect(empty).toEqual({ lines: [], next: 1_002 });
    expect(rows.list({ ...query, of: "actions", user: "alice", before: empty.next })).toMatchObject({
      lines: [{ n: 1, user: "alice" }],
      next: null,
    });
    expect(rows.list({ ...query, of: "actions", operator: "boss", before: empty.next }).lines).toEqual([]);
    expect(rows.list({ ...query, of: "actions", since: Date.now() + 1_000 })).toEqual({ lines: [], next: null });
  });
});

test("an action costs a row, its result another, and the oldest line of a full part one more", async () => {
  const bounds = { actions: 2, looks: 1, attempts: 1 };
  const costs = await runInDurableObject(env.REGISTRY.getByName(fresh("audit")), (_, { storage }) => {
    const counted = countRows(storage.sql);
    const rows = new AuditRows(counted.sql, bounds);
    rows.begin(line("suspend", "a"));
    counted.rows();
    return [
      () => rows.begin(line("suspend", "b")),
      () => rows.finish("actions", 2, "done"),
      () => rows.begin(line("suspend", "c")),
    ].map((step) => {
      step();
      return counted.rows().written;
    });
  });
  expect(costs).toEqual([1, 1, 2]);
});
