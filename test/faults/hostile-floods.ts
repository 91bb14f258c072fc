// Floods of the hostile client: one text repeated on a socket that ignores all replies, also `closing` and the close
// frame; one repeated HTTP request; connections of one device. The socket is raw TCP, so that no WebSocket library
// slows it down.
import { connect, type Socket } from "node:net";
import WebSocket from "ws";

const USER = "flooder";
/** Users to whom the flooder has written: signals reach their mailboxes. */
const SINKS = Array.from({ length: 40 }, (_, i) => `sink${i}`);
/** Concurrent requests or connections. */
const CONCURRENCY = 16;
/** The size of one write, which contains several texts. */
const BLOCK_BYTES = 64_000;

const arrayText = (count: number, frame: (i: number) => unknown) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => frame(i)));
const halfOfSinks = (i: number) => (i % 2 === 0 ? SINKS.slice(0, 20) : SINKS.slice(20));

/** The repeated text, by kind. */
const TEXT_OF_KIND: Record<string, string> = {
  watch: arrayText(2_000, (i) => ({ type: "watch", peers: halfOfSinks(i) })),
  typing: arrayText(4_000, (i) => ({ type: "typing", to: SINKS[i % SINKS.length] })),
  read: JSON.stringify({ type: "read", peer: "nobody", seq: 1 }),
  token: JSON.stringify({ type: "token", token: "none" }),
  ack: JSON.stringify({ type: "ack", seq: 1 }),
  repeats: JSON.stringify({ type: "send", id: 1, to: "sink0", body: 0 }),
  refused: JSON.stringify({ type: "send", id: 1_000_000, to: "sink0", body: 0 }),
  unreadable: "?",
  large: JSON.stringify({ type: "ack", seq: 1, more: Array.from({ length: 450_000 }, () => 0) }),
};

/**
 * Sends a message to every sink, so that signals have a receiver and history requests a conversation. Rejects if that
 * is refused: to be called before the user floods, while the server has no reason to refuse anything.
 */
export async function writeToSinks(port: number): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/client/${USER}?device=d`, "restante.v1");
  let accepted = 0;
  await new Promise<void>((done, failed) => {
    ws.on("error", failed).on("message", (data) => {
      for (const frame of [JSON.parse(String(data))].flat() as { type: string }[]) {
        if (frame.type === "welcome")
          ws.send(arrayText(SINKS.length, (i) => ({ type: "send", id: i + 1, to: SINKS[i], body: i })));
        if (frame.type === "refused") failed(new Error(JSON.stringify(frame)));
        if (frame.type === "accepted" && ++accepted === SINKS.length) done();
      }
    });
  });
  ws.terminate();
  return `sinks: ${accepted} messages accepted`;
}

/**
 * Repeats one text for some seconds, and reconnects when it is cut off or refused. The time begins with the first
 * connection: on a busy machine the handshake takes longer than the flood.
 */
export async function repeatText(kind: string, port: number, seconds: number): Promise<string> {
  const text = TEXT_OF_KIND[kind];
  if (text === undefined) throw new Error(`there is no kind ${kind}`);
  const frame = frameOf(text);
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(BLOCK_BYTES / frame.length)) }, () => frame));
  let [connections, bytes, end] = [0, 0, Infinity];
  const over = () => performance.now() > end;
  while (!over()) {
    const socket = await openSocket(port);
    if (socket === null) continue;
    if (connections++ === 0) end = performance.now() + seconds * 1_000;
    while (!over() && !socket.destroyed) {
      bytes += block.length;
      if (!socket.write(block)) await waitForEvent(socket, "drain", 200);
    }
    socket.destroy();
  }
  const texts = Math.round(bytes / frame.length).toLocaleString("en");
  return `${kind}: ${texts} texts written over ${connections} connections`;
}

/** Opens connections of one device and drops them. */
export async function repeatConnect(port: number, over: () => boolean): Promise<string> {
  let [opened, refused] = [0, 0];
  const one = async () => {
    while (!over()) {
      const socket = await openSocket(port);
      if (socket === null) refused++;
      else opened++;
      socket?.destroy();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  return `connects: ${opened} of one device opened, ${refused} refused`;
}

/** Requests history, or posts large bodies without a token. */
export async function repeatRequest(kind: string, port: number, over: () => boolean): Promise<string> {
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
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  return `${kind}: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`;
}

/** A WebSocket after its handshake, whose replies are discarded; null if the server refuses the handshake. */
async function openSocket(port: number): Promise<Socket | null> {
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
  let status = "";
  socket.once("data", (data: Buffer) => (status = data.toString("latin1", 0, "HTTP/1.1 101".length)));
  await waitForEvent(socket, "data", 5_000);
  if (status === "HTTP/1.1 101") return socket.resume();
  socket.destroy();
  return null;
}

/** A text frame with a mask of zeros. */
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

/** Resolves at the event, at the end of the socket, or after `timeout` ms. */
function waitForEvent(socket: Socket, name: string, timeout: number): Promise<void> {
  return new Promise((done) => {
    const settle = () => {
      clearTimeout(timer);
      socket.off(name, settle).off("close", settle);
      done();
    };
    const timer = setTimeout(settle, timeout);
    socket.on(name, settle).on("close", settle);
  });
}
