// A proxy in front of a server that alters the frames which the server sends: a server with a planted fault.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

/** The close code of `ws` for a connection that ended without a close frame. */
const NO_CLOSE_FRAME = 1006;
const CLOSE_FRAME_POLL_MS = 20;

type Frame = Readonly<Record<string, unknown>>;

/** What becomes of a frame; null drops it. */
export type Alter = (frame: Frame) => Frame | null;

export interface AlteringProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the proxy. Requests over HTTP pass unchanged. */
export async function startProxy(server: string, alter: Alter): Promise<AlteringProxy> {
  const http = createServer((request, response) => void forward(server, request, response));
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: ([first = ""]) => first });
  http.on("upgrade", (request, socket, head) => {
    upgrades.handleUpgrade(request, socket, head, (client) => join(server, request, client, alter));
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    stop: async () => {
      for (const client of upgrades.clients) client.terminate();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
}

async function forward(server: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const method = request.method ?? "GET";
  const answer = await fetch(server + (request.url ?? "/"), {
    method,
    headers: { Connection: "close" },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
  response.writeHead(answer.status, { "Content-Type": answer.headers.get("content-type") ?? "text/plain" });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function join(server: string, request: IncomingMessage, client: WebSocket, alter: Alter): void {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const upstream = new WebSocket(server.replace(/^http/, "ws") + (request.url ?? "/"), offered.filter(Boolean));
  const early: string[] = [];
  client.on("message", (data) => {
    if (upstream.readyState === WebSocket.OPEN) upstream.send(String(data));
    else early.push(String(data));
  });
  upstream.on("open", () => {
    for (const text of early) upstream.send(text);
  });
  upstream.on("message", (data) => {
    const text = altered(String(data), alter);
    if (text !== null) client.send(text);
  });
  // `ws` reports a close frame of the server when the TCP connection ends, up to 10 s later: this side ends it.
  const hurry = setInterval(() => {
    if (upstream.readyState === WebSocket.CLOSING) upstream.terminate();
  }, CLOSE_FRAME_POLL_MS);
  upstream.on("close", (code, reason) => {
    clearInterval(hurry);
    if (code === NO_CLOSE_FRAME) client.terminate();
    else client.close(code, reason);
  });
  upstream.on("error", () => client.terminate());
  client.on("close", () => upstream.terminate());
}

function altered(text: string, alter: Alter): string | null {
  if (text === "pong") return text;
  const frames = [JSON.parse(text) as Frame].flat().flatMap((frame) => alter(frame) ?? []);
  return frames.length === 0 ? null : JSON.stringify(frames);
}
