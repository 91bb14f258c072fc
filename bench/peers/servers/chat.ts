// What the servers of all broker peers share: users by WebSocket at `/client/NAME`, one JSON message a text, both ways. It knows who
// is connected here, and nothing of how a message gets to a user on another server.
import process from "node:process";
import { type WebSocket, WebSocketServer } from "ws";

/** Up: what a user sends. `id` only where the server confirms, `ack` only where it keeps messages. */
export interface Up {
  readonly receiver?: string;
  readonly msg?: string;
  readonly id?: number;
  readonly ack?: string;
}

export interface Chat {
  /** The sockets that are open here, by their users' names. */
  readonly users: ReadonlyMap<string, WebSocket>;
  /** Sends a text to a user who is connected here; to anybody else nothing. */
  deliver(name: string, text: string): void;
}

export interface Ears {
  sent(sender: string, up: Up): void;
  opened?(name: string): void;
  closed?(name: string): void;
}

/** Listens on a port that the system chooses, and says on stdout which. */
export function serveChat({ sent, opened, closed }: Ears): Chat {
  const users = new Map<string, WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 1_000_000 });
  server.on("connection", (ws, request) => {
    const name = /^\/client\/([\w.-]{1,64})$/.exec(request.url ?? "")?.[1];
    if (name === undefined) return ws.close(4400, "no such address");
    users.get(name)?.close(4409, "replaced");
    users.set(name, ws);
    opened?.(name);
    ws.on("message", (data: Buffer) => {
      const up = read(data.toString());
      if (up === null) ws.close(4400, "not a message");
      else sent(name, up);
    });
    ws.on("error", () => ws.terminate());
    ws.on("close", () => {
      if (users.get(name) !== ws) return;
      users.delete(name);
      closed?.(name);
    });
  });
  server.on("listening", () => console.log(JSON.stringify({ port: (server.address() as { port: number }).port })));
  process.on("SIGTERM", () => process.exit(0));
  return {
    users,
    deliver(name, text) {
      users.get(name)?.send(text);
    },
  };
}

/** As it comes down at the receiver. */
export function messageOf(sender: string, { receiver, msg }: Up): string {
  return JSON.stringify({ sender, receiver, msg, createTime: new Date().toISOString() });
}

function read(text: string): Up | null {
  try {
    const up = JSON.parse(text) as Up;
    const message = typeof up.receiver === "string" && typeof up.msg === "string";
    return message || typeof up.ack === "string" ? up : null;
  } catch {
    return null;
  }
}
