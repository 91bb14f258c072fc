// Reports of users to the operators, with messages that they choose to show.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { AuditPage } from "../../../src/protocol/audit.ts";
import type { Report, ReportPage } from "../../../src/protocol/reports.ts";
import { RESOLVED_REPORT_MS } from "../../../src/protocol/reports.ts";
import { ReportRows } from "../../../src/registry/report-rows.ts";
import { type Account, callApi, claimAccount } from "../../support/accounts.ts";
import { countRows } from "../../support/count-rows.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, createService, statusAndCode } from "../../support/operators.ts";

const operate = (method: string, path: string, body?: unknown) => callApi(method, path, body, ADMIN);
const report = ({ token }: Account, body: object) => callApi("POST", "/api/reports", body, token);

/** Two users, and the seqs in alice's log of what bob wrote to her. */
async function pairWith(...bodies: unknown[]): Promise<{ alice: Account; bob: Account; seqs: number[] }> {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  const { userName: to } = alice;
  await callApi("POST", "/api/messages", { to: bob.userName, body: "hello" }, alice.token);
  await callApi(
    "POST",
    "/api/messages",
    bodies.map((body) => ({ to, body })),
    bob.token,
  );
  const path = `/api/conversations/${bob.userName}/messages`;
  const { messages } = await (
    await callApi("GET", path, undefined, alice.token)
  ).json<{
    messages: { seq: number; from?: string }[];
  }>();
  return { alice, bob, seqs: messages.filter(({ from }) => from === bob.userName).map(({ seq }) => seq) };
}

const reportsAbout = async (user: string, state = "open") =>
  (await (await operate("GET", `/api/admin/reports?user=${user}&state=${state}`)).json<ReportPage>()).reports;

test("[H22] a user reports a correspondent with chosen messages, which operators read from the reporter's mailbox", async () => {
  const { alice, bob, seqs } = await pairWith("buy this", "buy that", "and a private one");
  const chosen = seqs.slice(0, 2);
  const body = {
    userName: bob.userName,
    reason: "spam",
    note: "every day",
    seqs: [...chosen, ...chosen],
    consent: true,
  };
  const response = await report(alice, body);
  expect(response.status, await response.clone().text()).toBe(201);
  const { id } = await response.json<{ id: number }>();
  const listed = await reportsAbout(bob.userName);
  expect(listed).toEqual([
    {
      id,
      at: expect.any(Number),
      reporter: alice.userName,
      user: bob.userName,
      reason: "spam",
      note: "every day",
      resolved: null,
      resolvedBy: null,
      resolution: null,
    },
  ]);
  const shown = await (await operate("GET", `/api/admin/reports/${id}`)).json<Report & { messages: object[] }>();
  expect(shown.messages).toMatchObject([
    { type: "message", seq: chosen[0], from: bob.userName, body: "buy this" },
    { type: "message", seq: chosen[1], from: bob.userName, body: "buy that" },
  ]);
  expect(JSON.stringify([listed, shown])).not.toContain("private");
});

test("[H22] only messages of this conversation can be shown, with consent, and by people", async () => {
  const { alice, bob, seqs } = await pairWith("hi");
  const carol = await claimAccount("carol");
  const shop = await createService("shop", "send", "read");
  const body = { userName: bob.userName, reason: "abuse", seqs, consent: true };
  for (const [change, expected] of [
    [{ consent: false }, [400, "bad_frame"]],
    [{ seqs: [] }, [400, "bad_frame"]],
    [{ seqs: Array.from({ length: 21 }, (_, n) => n) }, [400, "bad_frame"]],
    [{ reason: "boring" }, [400, "bad_frame"]],
    [{ seqs: [999_999] }, [404, "not_found"]],
    [{ userName: carol.userName }, [404, "not_found"]],
    // Her own message alone.
    [{ seqs: [(seqs[0] ?? 0) - 1] }, [404, "not_found"]],
  ] as const) {
    expect(await statusAndCode(report(alice, { ...body, ...change })), JSON.stringify(change)).toEqual(expected);
  }
  expect(await statusAndCode(report(carol, body))).toEqual([404, "not_found"]);
  expect(await statusAndCode(callApi("POST", "/api/reports", body, shop.token))).toEqual([403, "forbidden"]);
  await callApi("DELETE", `/api/conversations/${bob.userName}/messages/${seqs[0]}`, undefined, alice.token);
  expect(await statusAndCode(report(alice, body))).toEqual([404, "not_found"]);
  expect(await reportsAbout(bob.userName)).toEqual([]);
});

test("[H22] messages of more than 128 KiB together, and an eleventh unresolved report, are refused", async () => {
  const large = "x".repeat(60_000);
  const { alice, bob, seqs } = await pairWith(large, large, large);
  const body = { userName: bob.userName, reason: "other", seqs, consent: true };
  expect(await statusAndCode(report(alice, body))).toEqual([413, "too_large"]);
  for (let n = 0; n < 10; n++) expect((await report(alice, { ...body, seqs: seqs.slice(0, 1) })).status).toBe(201);
  expect(await statusAndCode(report(alice, { ...body, seqs: seqs.slice(0, 1) }))).toEqual([429, "rate_limited"]);
});

test("[X10] an operator resolves a report once, and the audit says who read and who resolved it", async () => {
  const { alice, bob, seqs } = await pairWith("hi");
  const body = { userName: bob.userName, reason: "threat", seqs, consent: true };
  const { id } = await (await report(alice, body)).json<{ id: number }>();
  await operate("GET", `/api/admin/reports/${id}`);
  const path = `/api/admin/reports/${id}/resolution`;
  const resolved = await (await operate("PUT", path, { resolution: "suspended" })).json<Report>();
  expect(resolved).toMatchObject({ id, resolvedBy: "secret", resolution: "suspended", resolved: expect.any(Number) });
  expect(await (await operate("PUT", path, { resolution: "other" })).json()).toEqual(resolved);
  expect([await reportsAbout(bob.userName), await reportsAbout(bob.userName, "resolved")]).toEqual([[], [resolved]]);
  expect(await statusAndCode(operate("GET", "/api/admin/reports/999999"))).toEqual([404, "not_found"]);
  expect(await statusAndCode(operate("PUT", "/api/admin/reports/999999/resolution", {}))).toEqual([404, "not_found"]);
  const auditOf = async (of: string) =>
    (await (await operate("GET", `/api/admin/audit?of=${of}`)).json<AuditPage>()).lines.map((line) => [
      line.action,
      (line.detail as unknown as { id?: number }).id,
    ]);
  expect(await auditOf("looks")).toContainEqual(["read_report", id]);
  expect(await auditOf("actions")).toContainEqual(["resolve_report", id]);
});

test("[H22] with the reporter's erasure the report goes, and with that of the reported user it stays", async () => {
  const { alice, bob, seqs } = await pairWith("hi");
  const body = { userName: bob.userName, reason: "spam", seqs, consent: true };
  const { id } = await (await report(alice, body)).json<{ id: number }>();
  await operate("DELETE", `/api/admin/users/${bob.userName}`);
  expect(await reportsAbout(bob.userName)).toMatchObject([{ id }]);
  expect((await callApi("DELETE", "/api/account", undefined, alice.token)).status).toBe(204);
  expect(await reportsAbout(bob.userName)).toEqual([]);
  expect((await operate("GET", `/api/admin/reports/${id}`)).status).toBe(404);
});

test("[X10] reports are bounded: the oldest resolved one goes, unresolved ones stay, and resolved ones for 90 days", async () => {
  await runInDurableObject(env.REGISTRY.getByName(fresh("reports")), (_, { storage }) => {
    const counted = countRows(storage.sql);
    const rows = new ReportRows(counted.sql, 3);
    const add = (reporter: string) => rows.add({ reporter, user: "bob", reason: "spam", note: "", messages: "[]" });
    expect([add("a"), add("b"), add("c"), add("d")]).toEqual([1, 2, 3, "full"]);
    rows.resolve(2, "secret", "");
    expect(add("d")).toBe(4);
    expect(rows.read(2)).toBe(null);
    rows.resolve(4, "secret", "");
    const list = (state: "open" | "resolved") =>
      rows.list({ state, user: null, before: null }).reports.map(({ id }) => id);
    expect([list("open"), list("resolved")]).toEqual([[3, 1], [4]]);
    storage.sql.exec("UPDATE report SET resolved = resolved - ? WHERE id = 4", RESOLVED_REPORT_MS + 1);
    expect([list("open"), list("resolved"), rows.read(4)]).toEqual([[3, 1], [], null]);
    counted.rows();
    add("e");
    // A row of the list, its messages, and the counter of ids.
    expect(counted.rows().written).toBe(3);
  });
});
