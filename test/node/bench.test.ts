// The benchmark itself: it produces figures and leaves no process, and a peer that loses, repeats or swaps a message
// gets no figures. These tests measure no times and need no broker.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { countFsyncs } from "../../bench/machine/fsyncs.ts";

const BENCH = resolve(import.meta.dirname, "../../bench");
const open: WebSocketServer[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    for (const ws of server.clients) ws.terminate();
    server.close();
  }
});

it.each(["throughput: single, 8 pairs, 32 in flight", "throughput: restante frames, 8 pairs, 32 in flight"])(
  "measures %s and leaves no process",
  async (title) => {
    const mark = randomUUID();
    const flags = ["--only", title, "--rounds", "1", "--seconds", "0.2"];
    const { code, out, err } = await run("bench.ts", flags, { BENCH_MARK: mark });

    expect(code, err).toBe(0);
    expect(out).toMatch(new RegExp(`^1/1  ${title}: [1-9][\\d,]* msg/s, .* µs CPU/msg`, "m"));
    expect(out).toContain("| messages a second");
    expect(processesWith(mark)).toEqual([]);
  },
);

it("lists its measures", async () => {
  const { out } = await run("bench.ts", ["--list", "--only", "idle"]);
  expect(out.trim().split("\n")).toEqual(["idle: restante frames, 3000 sockets", "idle: echo, 3000 sockets"]);
});

it("lists the measures of another commit only with --before", async () => {
  const list = async (...flags: string[]) => {
    const { out } = await run("bench.ts", ["--list", "--only", "people: ", "--only", "delivered", ...flags]);
    return out.trim().split("\n");
  };
  expect(await list()).toEqual(["people: restante sdk, delivered"]);
  expect(await list("--before", "HEAD")).toEqual(["people: restante sdk, delivered", "people: sdk before, delivered"]);
});

it.skipIf(!existsSync("/usr/bin/strace"))("counts what other processes write through to the disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-fsyncs-"));
  const loop = `const fs = require("node:fs"); const file = fs.openSync("${join(folder, "file")}", "w");
    setInterval(() => fs.fsyncSync(file), 20);`;
  const child = spawn(process.execPath, ["-e", loop]);
  const fsyncs = await countFsyncs([child.pid ?? 0]);
  const before = fsyncs.read();
  await vi.waitUntil(() => fsyncs.read() > before + 2, { timeout: 10_000 });
  await fsyncs.stop();
  child.kill();
  rmSync(folder, { recursive: true });
});

it("refuses an unknown flag without a stack trace", async () => {
  const { code, err } = await run("bench.ts", ["--round", "3"]);
  expect(code).toBe(1);
  expect(err).toContain("--round");
  expect(err).not.toContain("    at ");
});

/** Faults of a peer with message 50, and the error of the load generator. */
const FAULTS: [what: string, client: string, texts: (text: string, n: number) => string[], message: string][] = [
  ["loses a message", "classic", (text, n) => (n === 50 ? [] : [text]), "message 51 came after 49"],
  ["repeats a message", "classic", (text, n) => (n === 50 ? [text, text] : [text]), "message 50 came after 50"],
  [
    "makes one up",
    "classic",
    (text, n) => (n === 50 ? [text.replace('"50 ', '"90000 ')] : [text]),
    "message 90000 came",
  ],
  ["confirms twice", "confirmed", (text, n) => (n === 50 ? [text, '{"stored":50}'] : [text]), "confirmed twice"],
];

it.each(FAULTS)("gives no figures for a peer that %s", async (_, client, texts, message) => {
  const url = await faulty(texts);
  const load = { kind: "flood", pairs: 1, flight: 32 };
  const job = { client, batch: 1, urls: [url], pids: [process.pid], loads: [load], seconds: 0.2 };
  const { code, out, err } = await run("loads/load.ts", [JSON.stringify(job)]);

  expect(code).not.toBe(0);
  expect(out).toBe("");
  expect(err).toContain(message);
});

/** A server of the classic kind that sends its receivers the texts that `texts` makes of a message. */
async function faulty(texts: (text: string, n: number) => string[]): Promise<string> {
  const users = new Map<string, WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  open.push(server);
  server.on("connection", (ws, request) => {
    const name = request.url?.split("/").at(-1) ?? "";
    users.set(name, ws);
    ws.on("message", (data: Buffer) => {
      const { receiver, msg, id } = JSON.parse(data.toString()) as { receiver: string; msg: string; id?: number };
      const text = JSON.stringify({ sender: name, receiver, msg });
      if (id !== undefined) ws.send(`{"stored":${id}}`);
      for (const one of texts(text, Number.parseInt(msg, 10))) {
        if (one.startsWith('{"stored"')) ws.send(one);
        else users.get(receiver)?.send(one);
      }
    });
  });
  await new Promise((done) => server.once("listening", done));
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [resolve(BENCH, file), ...args], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  return new Promise((done) => child.once("close", (code) => done({ code, out, err })));
}

/** Processes with this text in their environment. */
function processesWith(mark: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
    } catch {
      return false; // It has ended meanwhile, or belongs to another user.
    }
  });
}
