// Devices for tests inside the runtime: real sockets through the real door.
import { exports } from "cloudflare:workers";
import { V1 } from "../../src/protocol/version.ts";
import { Device, Line } from "./line.ts";

/** An upgrade through the door. `protocol` null offers none. */
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

/** The line that a successful upgrade is. */
export function lineOf(response: Response): Line {
  const ws = response.webSocket;
  if (ws === null) throw new Error(`not upgraded: ${response.status}`);
  const line = new Line({ send: (data) => ws.send(data), close: (code) => ws.close(code) });
  ws.addEventListener("message", ({ data }) => line.arrived(typeof data === "string" ? data : "(binary)"));
  ws.addEventListener("close", ({ code, reason }) => line.ended(code, reason));
  ws.accept();
  return line;
}

/** Connects a v1 device, and takes `welcome`. `query` is what follows `device=…`. */
export async function open(user: string, device = "phone", query = ""): Promise<Device> {
  return Device.on(lineOf(await upgrade(`/client/${encodeURIComponent(user)}?device=${device}${query}`, V1)));
}

/** A plain client. */
export async function plain(user: string): Promise<Line> {
  return lineOf(await upgrade(`/client/${encodeURIComponent(user)}`, null));
}

let count = 0;

/** A name that no other test has. */
export function fresh(name: string): string {
  return `${name}-${++count}`;
}

/** What an HTTP route answers, as JSON. */
export async function get(path: string): Promise<unknown> {
  return (await exports.default.fetch(new Request(`http://restante.test${path}`))).json();
}

/** Puts a value, or a text as it is. */
export async function put(path: string, value: unknown): Promise<unknown> {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return (await exports.default.fetch(new Request(`http://restante.test${path}`, { method: "PUT", body }))).json();
}

/** A user who is there, and a name for another. */
export async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a) };
}

/** Sends bodies 1 … count, and waits until all of them are stored. */
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
