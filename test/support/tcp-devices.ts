// Devices over real TCP, for tests with real servers.
import WebSocket from "ws";
import { Device, ClientSocket } from "./client-socket.ts";

/** Connects a v1 device to a server and receives `welcome`. `query` is appended after `device=…`. */
export async function open(url: string, user: string, device = "phone", query = ""): Promise<Device> {
  return Device.open(await connect(`${address(url, user)}?device=${device}${query}`, ["restante.v1"]));
}

/** Connects a plain client. */
export function plain(url: string, user: string): Promise<ClientSocket> {
  return connect(address(url, user), []);
}

/** Cuts a socket without a close frame. */
export function cut(line: ClientSocket): Promise<unknown> {
  sockets.get(line)?.terminate();
  return line.untilClosed();
}

const sockets = new WeakMap<ClientSocket, WebSocket>();

function address(url: string, user: string): string {
  return `${url.replace("http", "ws")}/client/${encodeURIComponent(user)}`;
}

function connect(to: string, protocols: string[]): Promise<ClientSocket> {
  const ws = new WebSocket(to, protocols);
  const line = new ClientSocket({ send: (data) => ws.send(data), close: (code) => ws.close(code) });
  sockets.set(line, ws);
  ws.on("message", (data, isBinary) => line.onText(isBinary ? "(binary)" : String(data)));
  ws.on("close", (code, reason) => line.onClose(code, String(reason)));
  return new Promise((done, fail) => {
    ws.on("open", () => done(line));
    ws.on("error", fail);
  });
}
