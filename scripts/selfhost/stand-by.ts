// What answers on the server's port while the disk is full and no runtime runs: every request gets 503, and a client of
// restante.v1 a socket with the reason, because browsers can't see the status of a failed upgrade. It touches no disk.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { problemResponse } from "../../src/identity/problem-response.ts";
import { closeWithReason, writeClosing } from "../../src/protocol/closing.ts";
import { type Refusal, refusal } from "../../src/protocol/refusals.ts";
import { RELEASE } from "../../src/protocol/release.ts";
import { STORAGE_FORMAT } from "../../src/protocol/storage-format.ts";
import { V1 } from "../../src/protocol/version.ts";

/** Open connections, and ms that each may last. Answers: connections that are opened and left, as memory. */
const MAX_CONNECTIONS = 1_024;
const CONNECTION_MS = 10_000;

/** Clients come back within this many ms after `retryAfter`. Answers: all of them at once, again and again. */
const SPREAD_MS = 5_000;

const VERSIONS = { version: RELEASE, storage: STORAGE_FORMAT.writes };

/** RFC 6455, 1.3. */
const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export class StandBy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    const options = { requestTimeout: CONNECTION_MS, headersTimeout: CONNECTION_MS, keepAliveTimeout: 1_000 };
    this.#server = createServer(options, (request, response) => void respond(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket.on("close", () => this.#sockets.delete(socket)));
      socket.setTimeout(CONNECTION_MS, () => socket.destroy());
    });
    this.#server.on("upgrade", (request, socket) => void upgrade(request, socket));
  }

  /** Resolves with the port. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((done, fail) => this.#server.once("error", fail).listen(port, host, done));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function reason(): Refusal<"unable_to_store"> {
  const why = refusal("unable_to_store");
  return { ...why, retryAfter: Math.ceil((why.retryAfter ?? 0) + Math.random() * SPREAD_MS) };
}

/** Both checks of the health, as src/operator/health.ts answers them; everything else gets the reason. */
async function respond({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path] = url?.split("?") ?? [];
  // The request's body is not read.
  response.setHeader("Connection", "close");
  if (path === "/api/health/live") return sendJson(response, 200, { status: "alive", ...VERSIONS });
  if (path === "/api/health")
    return sendJson(response, 503, { status: "failing", failing: ["disk"], ...VERSIONS, object: { ms: 0 } });
  const problem = problemResponse(reason());
  response.writeHead(problem.status, Object.fromEntries(problem.headers));
  response.end(await problem.text());
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}

async function upgrade({ headers }: IncomingMessage, socket: Duplex): Promise<void> {
  // What the client sends is not read, except its end.
  for (const event of ["error", "end"]) socket.on(event, () => socket.destroy());
  socket.resume();
  const offered = (headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
  const key = headers["sec-websocket-key"];
  if (key === undefined || !offered.includes(V1)) {
    const problem = problemResponse(reason());
    const body = await problem.text();
    const fields = {
      ...Object.fromEntries(problem.headers),
      "content-length": Buffer.byteLength(body),
      connection: "close",
    };
    socket.end(`${head(`${problem.status} Service Unavailable`, fields)}${body}`);
    return;
  }
  const accept = createHash("sha1").update(`${key}${HANDSHAKE_GUID}`).digest("base64");
  const fields = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": accept,
    "sec-websocket-protocol": V1,
  };
  const why = reason();
  socket.write(head("101 Switching Protocols", fields));
  socket.write(frame(0x1, Buffer.from(writeClosing(why))));
  closeWithReason({ close: (code, text) => void socket.end(frame(0x8, closeBody(code, text))) }, why);
}

function head(status: string, fields: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

function closeBody(code: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(text)]);
}

/** A frame of a server, RFC 6455, 5.2, of less than 64 KiB: whole and not masked. */
function frame(opcode: number, body: Buffer): Buffer {
  const { length } = body;
  const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), body]);
}
