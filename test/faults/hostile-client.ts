// A hostile client in its own process, so that it takes no time from other clients: `node hostile-client.ts KIND PORT
// SECONDS`. It sends as fast as it can, opens and drops connections, sends 100 MB of invalid requests, or does what
// hostile-floods.ts says; then it prints a summary and ends.
import { connect } from "node:net";
import process from "node:process";
import WebSocket from "ws";
import { repeatRequest, repeatConnect, repeatText, writeToSinks } from "./hostile-floods.ts";

/** Concurrent connections, and the amount of garbage. */
const CONCURRENCY = 32;
const GARBAGE_BYTES = 100_000_000;
/** It does not wait for a server that is busy with others. */
const WS_OPTIONS = { handshakeTimeout: 5_000 };

const [kind = "", port = "0", seconds = "0"] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1_000;
const isOver = () => performance.now() > end;

/** Sends messages, and reconnects when it is closed. */
async function sendBatches(): Promise<string> {
  const all = { sent: 0, refused: 0, connections: 0 };
  for (; !isOver(); all.connections++) await sendUntilClosed(all);
  return `${all.sent} messages sent over ${all.connections} connections, ${all.refused} refusals received`;
}

/** Sends batches of 100 messages and waits only for the socket. */
async function sendUntilClosed(all: { sent: number; refused: number }): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/client/spammer?device=d`, "restante.v1", WS_OPTIONS);
  let id = 0;
  await new Promise<void>((done) => {
    ws.on("error", () => done()).on("close", () => done());
    ws.on("message", (data) => {
      const frames = [JSON.parse(String(data))].flat() as {
        type: string;
        lastId?: number;
        seq?: number;
        id?: number;
      }[];
      for (const frame of frames) {
        if (frame.type === "welcome") id = frame.lastId ?? 0;
        if (frame.type === "refused") all.refused++;
        if (frame.type === "closing") ws.terminate();
        if (frame.type === "accepted") id = Math.max(id, frame.id ?? 0);
      }
      const seq = Math.max(0, ...frames.map((frame) => frame.seq ?? 0));
      if (seq > 0 && ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify({ type: "ack", seq }));
      done();
    });
  });
  while (!isOver() && ws.readyState === WebSocket.OPEN) {
    const batch = Array.from({ length: 100 }, (_, i) => ({ type: "send", id: id + 1 + i, to: "sink", body: "flood" }));
    ws.send(JSON.stringify(batch));
    all.sent += batch.length;
    await new Promise((done) => (ws.bufferedAmount > 1_000_000 ? setTimeout(done, 10) : setImmediate(done)));
  }
  ws.terminate();
}

/** Opens WebSockets of 32 users and drops each as soon as it is open. */
async function openAndDrop(): Promise<string> {
  let opened = 0;
  const one = async (n: number) => {
    while (!isOver()) {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/client/dropper${n}?device=d`, "restante.v1", WS_OPTIONS);
      await new Promise<void>((done) => ws.on("open", done).on("error", () => done()));
      if (ws.readyState === WebSocket.OPEN) opened++;
      ws.terminate();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, n) => one(n)));
  return `${opened} connections opened and dropped`;
}

/** Sends invalid upgrades, endless headers and unsolicited bodies. */
async function sendGarbage(): Promise<string> {
  const done = { bytes: 0 };
  const enough = () => done.bytes >= GARBAGE_BYTES || isOver();
  const bytes = Buffer.alloc(64_000, "garbage\u0000\xff");
  const heads = [
    "GET /client/bob HTTP/1.1\r\nUpgrade: websocket\r\nX-Long: ",
    "GET /client/bob?device=",
    "POST /api/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
    "\u0016\u0003\u0001",
    "PRI * HTTP/2.0\r\n\r\n",
  ];
  const one = (head: string) =>
    new Promise<void>((closed) => {
      const socket = connect(Number(port), "127.0.0.1", () => {
        socket.write(head, "latin1");
        const more = () => {
          while (!socket.destroyed && !enough()) {
            done.bytes += bytes.length;
            if (!socket.write(bytes)) return;
          }
          socket.destroy();
        };
        socket.on("drain", more);
        more();
      });
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on("error", () => undefined).on("close", () => closed());
    });
  const worker = async (n: number) => {
    for (let i = n; !enough(); i++) await one(heads[i % heads.length] ?? "");
  };
  await Promise.all(Array.from({ length: 8 }, (_, n) => worker(n)));
  return `${Math.round(done.bytes / 1e6)} MB of garbage`;
}

const KIND_RUNNERS: Record<string, () => Promise<string>> = {
  send: sendBatches,
  open: openAndDrop,
  garbage: sendGarbage,
  sinks: () => writeToSinks(Number(port)),
};

/** Runs one of the floods of one user. */
async function flood(): Promise<string> {
  if (kind === "connects") return repeatConnect(Number(port), isOver);
  if (kind === "history" || kind === "bodies") return repeatRequest(kind, Number(port), isOver);
  return repeatText(kind, Number(port), Number(seconds));
}

process.stdout.write(`${await (KIND_RUNNERS[kind] ?? flood)()}\n`);
process.exit(0);
