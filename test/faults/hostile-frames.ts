// The hostile client's other kinds: one text again and again on a socket that ignores every answer, also `closing` and the close frame; the
// same request again and again; connections of one device. It speaks TCP, so that nothing on its side slows it down.
import { connect, type Socket } from "node:net";
import WebSocket from "ws";

const USER = "flooder";
/** People to whom the flooder has written: each is a mailbox that a signal would reach. */
const SINKS = Array.from({ length: 40 }, (_, i) => `sink${i}`);
/** Requests or connections at once. */
const AT_ONCE = 16;
/** Bytes of one write: several texts. */
const BLOCK = 64_000;

const many = (count: number, frame: (i: number) => unknown) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => frame(i)));
const half = (i: number) => (i % 2 === 0 ? SINKS.slice(0, 20) : SINKS.slice(20));

/** The text that is said, by kind. */
const TEXTS: Record<string, string> = {
  watch: many(2_000, (i) => ({ type: "watch", peers: half(i) })),
  typing: many(4_000, (i) => ({ type: "typing", to: SINKS[i % SINKS.length] })),
  read: JSON.stringify({ type: "read", peer: "nobody", seq: 1 }),
  token: JSON.stringify({ type: "token", token: "none" }),
  ack: JSON.stringify({ type: "ack", seq: 1 }),
  repeats: JSON.stringify({ type: "send", id: 1, to: "sink0", body: 0 }),
  refused: JSON.stringify({ type: "send", id: 1_000_000, to: "sink0", body: 0 }),
  unreadable: "?",
  large: JSON.stringify({ type: "ack", seq: 1, more: Array.from({ length: 450_000 }, () => 0) }),
};

/** A first connection that writes to everybody, so that there is somebody to signal to and something to read. */
export async function ready(port: number): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/client/${USER}?device=d`, "restante.v1");
  let accepted = 0;
  await new Promise<void>((done, failed) => {
    ws.on("error", failed).on("message", (data) => {
      for (const frame of [JSON.parse(String(data))].flat() as { type: string; lastId?: number }[]) {
        if (frame.type === "welcome" && (frame.lastId ?? 0) > 0) done();
        else if (frame.type === "welcome")
          ws.send(many(SINKS.length, (i) => ({ type: "send", id: i + 1, to: SINKS[i], body: i })));
        if (frame.type === "accepted" && ++accepted === SINKS.length) done();
      }
    });
  });
  ws.terminate();
}

/** Says the same text again and again, and comes again when it is cut. */
export async function flood(kind: string, port: number, over: () => boolean): Promise<string> {
  const text = TEXTS[kind];
  if (text === undefined) throw new Error(`there is no kind ${kind}`);
  const frame = frameOf(text);
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(BLOCK / frame.length)) }, () => frame));
  let [connections, bytes] = [0, 0];
  for (; !over(); connections++) {
    const socket = await upgraded(port);
    while (!over() && !socket.destroyed) {
      bytes += block.length;
      if (!socket.write(block)) await event(socket, "drain", 200);
    }
    socket.destroy();
  }
  const texts = Math.round(bytes / frame.length).toLocaleString("en");
  return `${kind}: ${texts} texts written over ${connections} connections`;
}

/** Opens connections of one device, and drops them. */
export async function connectOver(port: number, over: () => boolean): Promise<string> {
  let opened = 0;
  const one = async () => {
    for (; !over(); opened++) (await upgraded(port)).destroy();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return `connects: ${opened} of one device`;
}

/** Asks for history, or says large bodies without a token. */
export async function askOver(kind: string, port: number, over: () => boolean): Promise<string> {
  const url = `http://127.0.0.1:${port}/api`;
  const body = JSON.stringify(Array.from({ length: 120_000 }, () => ({ a: 0 })));
  const statuses = new Map<number, number>();
  const one = async () => {
    while (!over()) {
      try {
        const answer =
          kind === "history"
            ? await fetch(`${url}/conversations/sink0/messages?user=${USER}&limit=200`)
            : await fetch(`${url}/sign-in`, { method: "POST", body });
        await answer.arrayBuffer();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      } catch {
        statuses.set(0, (statuses.get(0) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return `${kind}: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`;
}

/** A WebSocket whose handshake is done, and whose answers are thrown away. */
async function upgraded(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.write(
    [
      `GET /client/${USER}?device=d HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: restante.v1",
      "\r\n",
    ].join("\r\n"),
  );
  await event(socket, "data", 5_000);
  socket.resume();
  return socket;
}

/** A text frame under a mask of zeros. */
function frameOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  const mask = [0, 0, 0, 0];
  const { length } = bytes;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, 0x80 | length, ...mask]), bytes]);
  const head = Buffer.alloc(10);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(mask), bytes]);
}

/** Resolves with the event, with the end of the socket, or after some time. */
function event(socket: Socket, name: string, patience: number): Promise<void> {
  return new Promise((done) => {
    const settle = () => {
      clearTimeout(timer);
      socket.off(name, settle).off("close", settle);
      done();
    };
    const timer = setTimeout(settle, patience);
    socket.on(name, settle).on("close", settle);
  });
}
