// Invalid UTF-8 on a WebSocket, written to the raw socket, because client libraries refuse to send it.
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { open } from "../support/tcp-devices.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer(OPEN);
});

afterAll(() => server?.stop());

/** A raw socket after the WebSocket upgrade. */
async function upgraded(user: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const lines = [
    `GET /client/${user}?device=raw HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Protocol: restante.v1",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  await new Promise((done) => socket.once("data", done));
  return socket;
}

/** A masked text frame of fewer than 126 bytes, in one piece. */
function textFrame(bytes: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = bytes.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length]), mask, masked]);
}

test.each([
  ["a byte that never occurs", [0xff], "\ufffd"],
  ["half a character", [0xc3], "\ufffd"],
  ["an overlong slash", [0xc0, 0xaf], "\ufffd\ufffd"],
  ["a surrogate", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
])("[F9] %s arrives as U+FFFD, and the connection stays open", async (name, bytes, instead) => {
  const user = name.replaceAll(" ", "-").toLowerCase();
  const bob = await open(server.url, `to-${user}`);
  const socket = await upgraded(user);
  const parts = (id: number) => [`{"type":"send","id":${id},"to":"to-${user}","body":"a`, `z"}`];
  for (const id of [1, 2]) {
    const [before = "", after = ""] = parts(id);
    socket.write(textFrame(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])));
    expect(await bob.until("message")).toMatchObject({ body: `a${instead}z` });
  }
  socket.destroy();
  bob.socket.close();
});
