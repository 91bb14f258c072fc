// `npm run deploy` looks at what is deployed first: the real command and the real wrangler, with an API of Cloudflare
// that this test plays. A deploy that is not refused ends at this API, which takes none.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { storageFormat, warningOf } from "../../scripts/deploy.mjs";
import { STORAGE_FORMAT } from "../../src/protocol/storage-format.ts";

const ROOT = resolve(import.meta.dirname, "../..");

type Answer = readonly [status: number, body: unknown];
const good = (result: unknown): Answer => [200, { success: true, errors: [], messages: [], result }];
const bad = (status: number, code: number, message: string): Answer => [
  status,
  { success: false, errors: [{ code, message }], messages: [], result: null },
];

/** A Worker that is built in no time: the look does not depend on what is deployed. */
const folder = mkdtempSync(join(tmpdir(), "restante-deploy-"));
const config = join(folder, "wrangler.toml");

let api: Server;
/** What the API was sent. */
let sent = "";
/** What the API answers to paths that end like this. */
const answers = new Map<string, Answer>();
const asked: string[] = [];

beforeAll(async () => {
  writeFileSync(join(folder, "worker.js"), "export default {}");
  const lines = [
    'name = "restante"',
    'main = "worker.js"',
    'compatibility_date = "2026-10-23"',
    "[vars]",
    'AUTH = "accounts"',
  ];
  writeFileSync(config, lines.join("\n"));
  api = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://api").pathname;
    asked.push(`${request.method} ${path}`);
    request.setEncoding("latin1").on("data", (piece: string) => (sent += piece));
    const found = [...answers].find(([end]) => path.endsWith(end))?.[1] ?? bad(404, 7003, "not played");
    response.writeHead(found[0], { "Content-Type": "application/json" }).end(JSON.stringify(found[1]));
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
});
afterAll(() => {
  api.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  answers.clear();
  asked.length = 0;
  sent = "";
});

/** Versions that are deployed, each with its variables. */
function deployed(...versions: Record<string, string>[]): void {
  const ids = versions.map((_, i) => `version-${i + 1}`);
  const parts = ids.map((id) => ({ version_id: id, percentage: 100 / ids.length }));
  answers.set(
    "/deployments",
    good({
      deployments: [
        {
          id: "d",
          created_on: "2026-11-30T10:00:00Z",
          source: "api",
          strategy: "percentage",
          author_email: "",
          annotations: {},
          versions: parts,
        },
      ],
    }),
  );
  for (const [i, id] of ids.entries()) {
    const bindings = Object.entries(versions[i] ?? {}).map(([name, text]) => ({ type: "plain_text", name, text }));
    answers.set(`/versions/${id}`, good({ id, number: i, metadata: {}, annotations: {}, resources: { bindings } }));
  }
}

async function deploy(...flags: string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const { port } = api.address() as AddressInfo;
  const child = spawn(process.execPath, ["scripts/run.mjs", "deploy", "--config", config, ...flags], {
    cwd: ROOT,
    env: {
      ...process.env,
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "token",
      CLOUDFLARE_ACCOUNT_ID: "account",
      WRANGLER_SEND_METRICS: "false",
      NO_COLOR: "1",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, output };
}

/** The deploy went beyond the look: wrangler asked for something else. */
const wentOn = () => asked.some((path) => !/\/deployments$|\/versions\/[\w-]+$|\/user|\/memberships/.test(path));

test("a deploy is refused if the mailboxes have a format that this version does not read", async () => {
  deployed({ AUTH: "accounts", STORAGE_FORMAT: "99" });
  const { code, output } = await deploy();
  expect([code, wentOn()]).toEqual([1, false]);
  expect(output).toContain(`have format 99; this version reads formats up to ${STORAGE_FORMAT.reads}`);
});

test("a deploy is refused if what is deployed can't be found out, unless the flag says so", async () => {
  answers.set("/deployments", bad(403, 10000, "Authentication error"));
  const { code, output } = await deploy();
  expect([code, wentOn()]).toEqual([1, false]);
  expect(output).toMatch(/It is unknown what is deployed[\s\S]*Authentication error[\s\S]*--unchecked/);
  asked.length = 0;
  await deploy("--unchecked");
  expect(wentOn()).toBe(true);
});

test("a first deploy goes on, and the deployed version says which format it writes", async () => {
  answers.set("/deployments", bad(404, 10007, "This Worker does not exist on your account."));
  answers.set("/secrets", good([]));
  answers.set("/subdomain", good({ subdomain: "example", enabled: true, previews_enabled: false }));
  answers.set("/services/restante", bad(404, 10090, "workers.api.error.service_not_found"));
  await deploy();
  expect(asked.at(-1)).toMatch(/^PUT .*\/workers\/scripts\/restante$/);
  expect(sent).toContain(`{"name":"STORAGE_FORMAT","type":"plain_text","text":"${STORAGE_FORMAT.writes}"}`);
});

test("a deploy after a version that this code can follow goes on", async () => {
  deployed({ AUTH: "accounts" });
  await deploy();
  expect(wentOn()).toBe(true);
});

test("a change of the jurisdiction is refused unless the flag says so", async () => {
  deployed({ JURISDICTION: "eu" });
  const { code, output } = await deploy();
  expect([code, wentOn()]).toEqual([1, false]);
  expect(output).toMatch(/the jurisdiction eu.*no jurisdiction[\s\S]*empty[\s\S]*--change-jurisdiction/);
  await deploy("--change-jurisdiction");
  expect(wentOn()).toBe(true);
});

test("of a gradual deployment every version counts, and the formats are those of the code", () => {
  const [same, newer] = [
    { jurisdiction: "eu", format: 2 },
    { jurisdiction: "eu", format: 3 },
  ];
  expect(warningOf({ versions: [same, newer] }, "eu", { reads: 2 })).toMatch(/format 3/);
  expect(warningOf({ versions: [same, newer] }, "eu", { reads: 3 })).toBe(null);
  expect(warningOf({ versions: [same, { ...same, jurisdiction: "" }] }, "eu", { reads: 3 })).toMatch(/no jurisdiction/);
  expect(warningOf({ versions: [newer] }, null, { reads: 2 })).toMatch(/format 3/);
  expect(warningOf({ versions: [] }, "eu", { reads: 2 })).toBe(null);
  expect(storageFormat()).toEqual(STORAGE_FORMAT);
});

test("the help names what stops a deploy, and the flags against it", async () => {
  const { code, output } = await deploy("--help");
  expect(code).toBe(0);
  for (const word of ["--change-jurisdiction", "--unchecked", "format", "JURISDICTION"]) expect(output).toContain(word);
});
