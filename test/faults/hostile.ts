// A hostile client, a process of its own so that it takes nobody else's time: `node hostile.ts KIND PORT SECONDS`. It sends as fast as it can,
// opens and drops connections as fast as they come, or says 100 MB of what is no upgrade; then it says what it did, and ends.
import { connect } from "node:net";
import process from "node:process";
import WebSocket from "ws";
import { askOver, connectOver, flood as repeatOver, ready } from "./hostile-frames.ts";

/** Connections at once, and bytes of garbage. */
const AT_ONCE = 32;
const GARBAGE = 100_000_000;
/** A server that is busy with others is not waited for. */
const PATIENT = { handshakeTimeout: 5_000 };

const [kind = "", port = "0", seconds = "0"] = process.argv.slice(2);
const until = performance.now() + Number(seconds) * 1_000;
const over = () => performance.now() > until;

/** Sends, and comes again when it is put out. */
async function send(): Promise<string> {
  const all = { sent: 0, refused: 0, connections: 0 };
  for (; !over(); all.connections++) await flood(all);
  return `${all.sent} messages sent over ${all.connections} connections, ${all.refused} refusals received`;
}

/** In texts of a hundred, and waits for nothing but the socket. */
async function flood(all: { sent: number; refused: number }): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/client/flooder?device=d`, "restante.v1", PATIENT);
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
  while (!over() && ws.readyState === WebSocket.OPEN) {
    const batch = Array.from({ length: 100 }, (_, i) => ({ type: "send", id: id + 1 + i, to: "sink", body: "flood" }));
    ws.send(JSON.stringify(batch));
    all.sent += batch.length;
    await new Promise((done) => (ws.bufferedAmount > 1_000_000 ? setTimeout(done, 10) : setImmediate(done)));
  }
  ws.terminate();
}

/** Opens WebSockets under ever other names' devices and drops them as soon as they are open. */
async function open(): Promise<string> {
  let opened = 0;
  const one = async (n: number) => {
    while (!over()) {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/client/dropper${n}?device=d`, "restante.v1", PATIENT);
      await new Promise<void>((done) => ws.on("open", done).on("error", () => done()));
      if (ws.readyState === WebSocket.OPEN) opened++;
      ws.terminate();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => one(n)));
  return `${opened} connections opened and dropped`;
}

/** Upgrades that are none, with headers that don't end and bodies that nobody asked for. */
async function garbage(): Promise<string> {
  const done = { bytes: 0 };
  const enough = () => done.bytes >= GARBAGE || over();
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

const KINDS: Record<string, () => Promise<string>> = { send, open, garbage };
const known = KINDS[kind];
if (known === undefined) await ready(Number(port));
const told = known ?? (() => repeatOver(kind, Number(port), over));
const asked = kind === "connects" ? () => connectOver(Number(port), over) : () => askOver(kind, Number(port), over);
const isAsked = kind === "connects" || kind === "history" || kind === "bodies";
process.stdout.write(`${await (isAsked ? asked() : told())}\n`);
process.exit(0);
