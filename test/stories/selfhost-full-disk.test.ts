// A self-hosted server whose disk has less room than it needs: it starts, answers everybody with the reason, and says
// in its metrics how much there is otherwise.
import WebSocket from "ws";
import { afterAll, expect, test } from "vitest";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const ADMIN_TOKEN = "operator-secret-of-at-least-32-characters";
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop();
});

async function start(...flags: string[]): Promise<Server> {
  const server = await startServer({ ...OPEN, ADMIN_TOKEN }, flags);
  servers.push(server);
  return server;
}

test("with too little room on its disk the server starts, and refuses requests and sockets with the reason", async () => {
  const server = await start("--min-free", "999999999");
  for (const [method, path] of [
    ["GET", "/"],
    ["GET", "/api/online"],
    ["POST", "/api/messages"],
  ] as const) {
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(method === "POST" && { body: "x".repeat(100_000) }),
    });
    expect([response.status, response.headers.get("Content-Type")]).toEqual([503, "application/problem+json"]);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThanOrEqual(5);
    expect(await response.json()).toMatchObject({ code: "unable_to_store", status: 503 });
  }
  const health = async (path: string) => {
    const response = await fetch(`${server.url}/api/health${path}`);
    return [response.status, await response.json()];
  };
  expect(await health("")).toMatchObject([503, { status: "failing", failing: ["disk"] }]);
  expect(await health("/live")).toMatchObject([200, { status: "alive" }]);
  const events = await eventsOf(
    new WebSocket(`${server.url.replace("http", "ws")}/client/alice?device=a`, "restante.v1"),
  );
  expect(events).toMatchObject([{ type: "closing", code: 1011, reason: "unable_to_store" }, [1011, "unable_to_store"]]);
  expect((events[0] as { retryAfter: number }).retryAfter).toBeGreaterThanOrEqual(5_000);
  // One that could not read the frame gets an HTTP status.
  expect(await eventsOf(new WebSocket(`${server.url.replace("http", "ws")}/client/alice`))).toEqual([503]);
  expect(server.output).toMatch(
    /\{"event":"disk_full","level":"error","at":\d+,"time":"[^"]+","free":\d+,"needed":999999999000000,/,
  );
  expect(await server.terminate()).toBe(143);
});

test("an operator's metrics have those of the process and of its disk", async () => {
  const server = await start();
  const names = [
    ..."process_start_time_seconds process_resident_memory_bytes process_cpu_seconds_total".split(" "),
    ..."process_open_fds process_max_fds restante_disk_free_bytes restante_disk_size_bytes".split(" "),
    ..."restante_disk_needed_bytes restante_disk_free_files restante_databases".split(" "),
    ..."restante_databases_bytes restante_wal_bytes restante_users_online".split(" "),
  ];
  await expect.poll(async () => [...(await scrape(server)).keys()]).toEqual(expect.arrayContaining(names));
  const metrics = await scrape(server);
  const numberOf = (name: string) => metrics.get(name) ?? NaN;
  expect(numberOf("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(numberOf("process_open_fds")).toBeLessThan(numberOf("process_max_fds"));
  expect(numberOf("process_start_time_seconds")).toBeLessThan(Date.now() / 1_000);
  expect(numberOf("restante_disk_free_bytes")).toBeGreaterThan(numberOf("restante_disk_needed_bytes"));
  expect(numberOf("restante_disk_free_bytes")).toBeLessThan(numberOf("restante_disk_size_bytes"));
  const refused = await fetch(`${server.url}/api/metrics`);
  expect([refused.status, await refused.text()]).toEqual([401, expect.not.stringContaining("process_")]);
});

async function scrape(server: Server): Promise<Map<string, number>> {
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
  const text = await (await fetch(`${server.url}/api/metrics`, { headers })).text();
  const samples = text.split("\n").filter((line) => /^[a-z]\w* /.test(line));
  return new Map(samples.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}

/** The frames that a socket brings, then its close; or the status of a refused upgrade. */
function eventsOf(ws: WebSocket): Promise<unknown[]> {
  const events: unknown[] = [];
  return new Promise((done) => {
    ws.on("message", (text) => events.push(JSON.parse(String(text))));
    ws.on("close", (code, reason) => done([...events, [code, String(reason)]]));
    ws.on("unexpected-response", (_, { statusCode }) => done([statusCode]));
    ws.on("error", () => undefined);
  });
}
