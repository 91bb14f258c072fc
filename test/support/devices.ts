// Devices for tests inside the runtime: real sockets through the Worker's entry point.
import { exports } from "cloudflare:workers";
import { V1 } from "../../src/protocol/version.ts";
import { checkText } from "./check-frames.ts";
import { Device, ClientSocket } from "./client-socket.ts";

/** Requests an upgrade from the Worker. `protocol` null offers none. */
export async function upgrade(
  path: string,
  protocol: string | null,
  headers: Record<string, string> = {},
): Promise<Response> {
  const offer = protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol };
  return exports.default.fetch(
    new Request(`http://restante.test${path}`, { headers: { Upgrade: "websocket", ...offer, ...headers } }),
  );
}

/** The client's socket of a successful upgrade. */
export function socketOf(response: Response): ClientSocket {
  const ws = response.webSocket;
  if (ws === null) throw new Error(`not upgraded: ${response.status}`);
  const line = new ClientSocket({ send: (data) => ws.send(data), close: (code) => ws.close(code) });
  ws.addEventListener("message", ({ data }) => {
    const text = typeof data === "string" ? data : "(binary)";
    checkText(text);
    line.onText(text);
  });
  ws.addEventListener("close", ({ code, reason }) => line.onClose(code, reason));
  ws.accept();
  return line;
}

/** Connects a v1 device and receives `welcome`. `query` is appended after `device=…`. */
export async function open(user: string, device = "phone", query = ""): Promise<Device> {
  return Device.open(socketOf(await upgrade(`/client/${encodeURIComponent(user)}?device=${device}${query}`, V1)));
}

/** Connects a plain client. */
export async function plain(user: string): Promise<ClientSocket> {
  return socketOf(await upgrade(`/client/${encodeURIComponent(user)}`, null));
}

let count = 0;

/** A name that no other test uses. */
export function fresh(name: string): string {
  return `${name}-${++count}`;
}

/** The JSON response of an HTTP route. */
export async function get(path: string): Promise<unknown> {
  return (await exports.default.fetch(new Request(`http://restante.test${path}`))).json();
}

/** PUTs a value as JSON, or a text unchanged. */
export async function put(path: string, value: unknown): Promise<unknown> {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return (await exports.default.fetch(new Request(`http://restante.test${path}`, { method: "PUT", body }))).json();
}

/** A connected user, and a name for another one. */
export async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a) };
}

/** Sends bodies 1 … count, and waits until all of them are accepted. */
export async function sendAll(from: Device, to: string, count: number, body: (n: number) => unknown = (n) => n) {
  const first = from.welcome.lastId + 1;
  from.welcome.lastId += count;
  for (let n = 1; n <= count; n += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, count - n + 1) }, (_, i) => n + i);
    from.send(...batch.map((k) => ({ type: "send", id: first + k - 1, to, body: body(k) })));
    await from.take("accepted", batch.length);
    from.ack(Number.MAX_SAFE_INTEGER);
  }
}
