// The server's side of the conformance runner, played against servers of this code: without limits, and as deployed by
// default. Servers with a planted fault are found out.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Alter, startProxy } from "../support/altering-proxy.ts";
import { type Server, startServer } from "../support/servers.ts";
import { rulesOf } from "./case.ts";
import type { Outcome } from "./play.ts";
import { runServerCases, SERVER_CASES } from "./server/run-server-cases.ts";

const ROOT = resolve(import.meta.dirname, "../..");

let unlimited: Server;
let byDefault: Server;

beforeAll(async () => {
  [unlimited, byDefault] = await Promise.all([
    startServer({ AUTH: "open", RATE_LIMIT: "off" }),
    startServer({ AUTH: "accounts" }),
  ]);
});

afterAll(() => Promise.all([unlimited?.stop(), byDefault?.stop()]));

async function play(url: string, only = ""): Promise<{ outcomes: readonly Outcome[]; printed: string[] }> {
  const printed: string[] = [];
  const { outcomes } = await runServerCases(url, { only, print: (line) => printed.push(line) });
  return { outcomes, printed };
}

const failuresOf = (outcomes: readonly Outcome[]) =>
  outcomes.filter(({ is }) => is === "failed").map(({ name, why }) => `${name}: ${why}`);
const skipped = (outcomes: readonly Outcome[]) => outcomes.filter(({ is }) => is === "skipped").map(({ name }) => name);

test.concurrent("a server without limits passes every case, and a full window is acknowledged in parts", async () => {
  const { outcomes, printed } = await play(unlimited.url);
  expect(failuresOf(outcomes)).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(80);
  // Those that need accounts, requests, or a limit.
  expect(skipped(outcomes).map((name) => rulesOf(name)[0])).toEqual(["A2", "U1", "Q1", "U2"]);
  expect(printed[0]).toBe(`${unlimited.url}: AUTH=open`);
});

test.concurrent("a server with the default settings and limits passes every case but a full window of small frames", async () => {
  const { outcomes, printed } = await play(byDefault.url);
  expect(failuresOf(outcomes)).toEqual([]);
  expect(skipped(outcomes).length).toBe(1);
  expect(skipped(outcomes)[0]).toContain("[W5] acks in steps of 1, 1,000 and 4,095");
  // Its users are erased: not one of them is left.
  expect(printed.join("\n")).not.toContain("could not be erased");
});

const without = (frame: Readonly<Record<string, unknown>>, field: string) => {
  const { [field]: _, ...rest } = frame;
  return rest;
};

/** What a server does wrong, and the case that shows it. */
const FAULTS: readonly (readonly [fault: string, alter: Alter, only: string, why: RegExp])[] = [
  [
    "drops accepted",
    (frame) => (frame["type"] === "accepted" ? null : frame),
    "[S8] a message to oneself",
    /waited for \{"id":1\}/,
  ],
  [
    "changes the seq of a message",
    (frame) => (frame["type"] === "message" ? { ...frame, seq: Number(frame["seq"]) + 1 } : frame),
    "[L3][L5] every device has every entry",
    /author's other device: expected/,
  ],
  [
    "closes a replaced connection with 1000",
    (frame) => (frame["type"] === "closing" && frame["code"] === 4409 ? { ...frame, code: 1000 } : frame),
    "[R4][C1] a newer connection",
    /closing, code: expected 4409, received 1000/,
  ],
  [
    "gives a lastId that is one too low",
    (frame) => (frame["type"] === "welcome" ? { ...frame, lastId: Math.max(0, Number(frame["lastId"]) - 1) } : frame),
    "[S2][S4] after a refusal and a cut",
    /lastId: expected 20, received 19/,
  ],
  [
    "answers out_of_order as accepted",
    (frame) => (frame["code"] === "out_of_order" ? { type: "accepted", id: frame["id"], state: "stored" } : frame),
    "[S1][S3] only lastId + 1",
    /waited for \{"type":"refused"\}/,
  ],
  [
    "leaves the reason of closing out",
    (frame) => (frame["type"] === "closing" ? without(frame, "reason") : frame),
    "[D3][D4]",
    /reason: expected "bad_query"/,
  ],
  [
    "sends no gap",
    (frame) => (frame["type"] === "gap" ? null : frame),
    "[R2] a cursor of another epoch",
    /type: expected "gap"/,
  ],
  [
    "sends typing as a log frame",
    (frame) => (frame["type"] === "typing" ? { ...frame, seq: 1 } : frame),
    "[G1] typing passes between contacts",
    /typing, seq: expected undefined/,
  ],
];

test.concurrent.for(FAULTS)("a server that %s is found out", async ([, alter, only, why], { onTestFinished }) => {
  const proxy = await startProxy(unlimited.url, alter);
  onTestFinished(() => proxy.stop());
  const { outcomes } = await play(proxy.url, only);
  expect(outcomes.map(({ is }) => is)).toEqual(["failed"]);
  expect(outcomes[0]?.why).toMatch(why);
});

test("an unaltered server behind the proxy passes the cases of the faults", async () => {
  const proxy = await startProxy(unlimited.url, (frame) => frame);
  onTestFinished(() => proxy.stop());
  for (const [, , only] of FAULTS) {
    const { outcomes } = await play(proxy.url, only);
    expect(
      outcomes.map(({ is }) => is),
      only,
    ).toEqual(["passed"]);
  }
});

test("a server that is not on this machine is not tested without its operator's word", async () => {
  await expect(play("https://example.com")).rejects.toThrow("not on this machine");
  await expect(play("http://127.0.0.1.example.com")).rejects.toThrow("not on this machine");
});

test("every rule that a case of the server's side names exists, and every case names one", () => {
  const documents = globSync("docs/PROTOCOL*.md", { cwd: ROOT })
    .map((file) => readFileSync(join(ROOT, file), "utf8"))
    .join("\n");
  const rules = new Set([...documents.matchAll(/^- \*\*\[([A-Z]\d+)\]\*\*/gm)].map((match) => match[1]));
  for (const { name } of SERVER_CASES) {
    expect(rulesOf(name), name).not.toEqual([]);
    expect(
      rulesOf(name).filter((rule) => !rules.has(rule)),
      name,
    ).toEqual([]);
  }
});
