// A self-hosted server that stops: clients are sent away spread out, what was accepted is stored, and neither a client
// that does not leave nor a signal too many keeps it from ending. And one whose disk is full.
import { connect } from "node:net";
import { afterAll, expect, test } from "vitest";
import { OPEN, type Server, startServer } from "../support/servers.ts";
import { open } from "../support/tcp-devices.ts";

const SOCKETS = 200;
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop();
});

async function start(...flags: string[]): Promise<Server> {
  const server = await startServer(OPEN, flags);
  servers.push(server);
  return server;
}

/** Opens a socket whose client answers no close; resolves when the server has accepted it. */
async function openStubborn(server: Server): Promise<void> {
  const { hostname, port, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const lines = [
    "GET /client/stubborn?device=a HTTP/1.1",
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
  ];
  const more = [
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol: restante.v1",
  ];
  socket.write(`${[...lines, ...more].join("\r\n")}\r\n\r\n`);
  socket.on("error", () => undefined);
  await new Promise<void>((done) => {
    socket.on("data", (text) => text.includes("welcome") && done());
  });
}

/** The first problem that the server answers with, or null if it ended without one. */
async function firstProblem(
  server: Server,
): Promise<{ status: number; retryAfter: string | null; code: string } | null> {
  try {
    for (;;) {
      const response = await fetch(`${server.url}/api/health`);
      if (response.ok) continue;
      const { code } = (await response.json()) as { code: string };
      return { status: response.status, retryAfter: response.headers.get("Retry-After"), code };
    }
  } catch {
    return null;
  }
}

test(`[C4] a server that stops sends ${SOCKETS} sockets away spread out, and takes no new ones`, async () => {
  const server = await start();
  const devices = await Promise.all(Array.from({ length: SOCKETS }, (_, i) => open(server.url, `u${i}`)));
  for (const [i, device] of devices.entries()) device.send({ type: "send", id: 1, to: `u${i ^ 1}`, body: i });
  for (const device of devices) await device.until("accepted");
  const ended = server.terminate();
  const problem = firstProblem(server);
  const waits: number[] = [];
  for (const device of devices) {
    const closing = await device.until("closing");
    expect(closing).toMatchObject({ code: 1012, reason: "restarting" });
    waits.push(Number(closing["retryAfter"]));
    expect(await device.socket.untilClosed()).toEqual({ code: 1012, reason: "restarting" });
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
  // By chance, less than a quarter of the range has all of them once in 10^118 times.
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(1_000);
  expect(await problem).toEqual({ status: 503, retryAfter: "1", code: "restarting" });
  expect(await ended).toBe(143);
  await server.restart();
  expect(await (await fetch(`${server.url}/api/online`)).json()).toMatchObject({ users: 0, sockets: 0 });
  for (const i of [0, SOCKETS - 1]) {
    const device = await open(server.url, `u${i}`, "later");
    const bodies = (await device.take("message", 2)).map(({ body }) => body);
    expect(new Set(bodies)).toEqual(new Set([i, i ^ 1]));
  }
});

test("a client that does not answer the close delays the end of the server by --drain at most", async () => {
  const server = await start("--drain", "1");
  await openStubborn(server);
  expect(await server.terminate()).toBe(143);
});

test("a second signal ends the server at once", async () => {
  const server = await start("--drain", "3600");
  await openStubborn(server);
  const device = await open(server.url, "alice");
  const ended = server.terminate();
  await device.until("closing");
  await server.terminate();
  expect(await ended).toBe(143);
});
