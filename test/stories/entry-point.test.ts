// The Worker's entry point over real TCP, in bare workerd and under `npm start`: incomplete bodies, clients that don't
// reply to a close, and addresses that clients invent.
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startLocal, startServer } from "../support/servers.ts";

interface Account {
  readonly userName: string;
  readonly token: string;
}

const starts = { selfhost: startServer, "npm start": startLocal };

/** Sends this text on a new socket; returns the socket, the response so far, and a promise of its end. */
async function raw(
  server: Server,
  text: string,
): Promise<{ socket: Socket; answer: () => string; ended: Promise<void> }> {
  const { hostname, port } = new URL(server.url);
  // The client's half stays open, so that the connection ends when the server ends it.
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  const ended = new Promise<void>((done) => {
    for (const event of ["end", "close"]) socket.once(event, () => done());
  });
  await new Promise<void>((done) => socket.write(text, () => done()));
  return { socket, answer: () => answer, ended };
}

async function claim(server: Server, userName: string): Promise<Account> {
  const init = { method: "POST", body: JSON.stringify({ userName }) };
  return (await fetch(`${server.url}/api/accounts`, init)).json() as Promise<Account>;
}

const upgrade = (server: Server, path: string, more: string[] = []) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${new URL(server.url).host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: restante.v1",
    ...more,
    "\r\n",
  ].join("\r\n");

describe.each(Object.entries(starts))("%s", (_, start) => {
  let server: Server;

  beforeAll(async () => {
    server = await start({ ATTEMPTS_PER_MINUTE: "20" });
  });

  afterAll(() => server?.stop());

  test("[H13] an incomplete body has no effect", async () => {
    const alice = await claim(server, "alice");
    const bearer = { Authorization: `Bearer ${alice.token}` };
    const messages = async () => (await fetch(`${server.url}/api/conversations`, { headers: bearer })).json();
    const message = JSON.stringify({ to: "alice", body: "a note" });
    const head = (more: string) =>
      [
        `POST /api/messages HTTP/1.1`,
        `Host: ${new URL(server.url).host}`,
        `Authorization: ${bearer.Authorization}`,
        more,
        "\r\n",
      ].join("\r\n");
    // Each contains a whole message, and announces more bytes.
    const texts = [
      `${head(`Content-Length: ${message.length + 10}`)}${message}`,
      `${head("Transfer-Encoding: chunked")}${message.length.toString(16)}\r\n${message}\r\n`,
    ];
    for (const text of texts) {
      const { socket, ended } = await raw(server, text);
      socket.end();
      await ended;
      socket.destroy();
    }
    const init = { method: "POST", headers: bearer, body: JSON.stringify({ to: "alice", body: "whole" }) };
    expect((await fetch(`${server.url}/api/messages`, init)).status).toBe(200);
    const page = await fetch(`${server.url}/api/conversations/alice/messages`, { headers: bearer });
    const bodies = ((await page.json()) as { messages: { body: string }[] }).messages.map(({ body }) => body);
    expect(bodies).toEqual(["whole"]);
    expect(await messages()).toMatchObject({ conversations: [{ peer: "alice" }] });
  });

  test("[H13] a request with a large body is refused without reading it, and the client receives the refusal", async () => {
    for (const size of [70_000, 300_000, 1_000_000]) {
      const answer = await fetch(`${server.url}/api/messages`, { method: "POST", body: "x".repeat(size) });
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: "unauthorized" }]);
    }
  });

  test("[D7] a client that does not reply to the close of a refused upgrade is cut off", async () => {
    const { socket, answer, ended } = await raw(server, upgrade(server, "/client/bob?device=d"));
    await ended;
    socket.destroy();
    expect(answer()).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer()).toContain('"type":"closing","code":4401');
  });

  test("[D7][A9] invented addresses count as one address, and above the limit a refused upgrade opens no socket", async () => {
    const statuses = new Set<string>();
    for (let n = 0; n < 40; n++) {
      const { socket, answer } = await raw(
        server,
        upgrade(server, "/client/%20?device=d", [`CF-Connecting-IP: 198.18.0.${n}`]),
      );
      await new Promise<void>((done) => {
        const look = () => (/\r\n\r\n/.test(answer()) ? done() : socket.once("data", look));
        look();
      });
      statuses.add(/^HTTP\/1\.1 (\d+)/.exec(answer())?.[1] ?? "none");
      socket.destroy();
    }
    expect([...statuses]).toEqual(["101", "400"]);
  });
});
