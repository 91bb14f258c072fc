// A device reconnects to a backlog of 100,000 messages: it receives all of them, in order, while others continue to
// send, and the server's memory does not grow with the backlog. A second device that never reads costs no more.
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { open } from "../support/tcp-devices.ts";
import { type Server, startServer } from "../support/servers.ts";

const MESSAGES = 100_000;
const BATCH = 500;
const BODY = "x".repeat(1_500);
/** The limit of the runtime's growth, independent of the backlog: garbage, two windows, the caches of SQLite. */
const MAX_GROWTH_BYTES = 75_000_000;

type Frame = Record<string, unknown>;

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

/** A raw socket with minimal work for each text. */
async function connect(
  user: string,
  read: (frames: Frame[], ws: WebSocket) => void,
  device = "raw",
): Promise<WebSocket> {
  const ws = new WebSocket(
    `${server.url.replace("http", "ws")}/client/${user}?device=${device}&cursor=0`,
    "restante.v1",
  );
  ws.on("message", (data) => read([JSON.parse(String(data))].flat() as Frame[], ws));
  await new Promise((done, fail) => ws.on("open", done).on("error", fail));
  return ws;
}

const ack = (ws: WebSocket, frames: Frame[]) => {
  const seqs = frames.flatMap(({ seq }) => (typeof seq === "number" ? [seq] : []));
  if (seqs.length > 0) ws.send(JSON.stringify({ type: "ack", seq: Math.max(...seqs) }));
};

test("[R1][W3] a backlog of 100,000 messages arrives in order, beside live traffic, with bounded memory", async () => {
  // Sent while bob is offline.
  const count = { accepted: 0 };
  let wakeSender: () => void = () => undefined;
  const alice = await connect("alice", (frames, ws) => {
    count.accepted += frames.filter(({ type }) => type === "accepted").length;
    ack(ws, frames);
    wakeSender();
  });
  for (let id = 1; id <= MESSAGES; id += BATCH) {
    alice.send(
      JSON.stringify(
        Array.from({ length: BATCH }, (_, i) => ({ type: "send", id: id + i, to: "bob", body: `${id + i} ${BODY}` })),
      ),
    );
    while (count.accepted < id - BATCH) await new Promise<void>((done) => (wakeSender = done));
  }
  while (count.accepted < MESSAGES) await new Promise<void>((done) => (wakeSender = done));
  alice.close();

  const carol = await open(server.url, "carol");
  const dave = await open(server.url, "dave");
  const before = server.memory();
  expect(before).toBeGreaterThan(0);

  // A device that is connected and never reads.
  const stalled = await connect("bob", (_, ws) => ws.pause(), "stalled");
  stalled.pause();

  let peak = 0;
  const numbers: number[] = [];
  let wake: () => void = () => undefined;
  const bob = await connect(
    "bob",
    (frames, ws) => {
      for (const { type, body } of frames) if (type === "message") numbers.push(Number.parseInt(String(body), 10));
      ack(ws, frames);
      peak = Math.max(peak, server.memory());
      wake();
    },
    "phone",
  );
  // Other users exchange messages, which arrive before bob has the whole backlog.
  const meanwhile: number[] = [];
  for (let id = 1; id <= 5; id++) {
    while (numbers.length < (id * MESSAGES) / 8) await new Promise<void>((done) => (wake = done));
    carol.send({ type: "send", id, to: "dave", body: id });
    expect((await dave.until("message"))["body"]).toBe(id);
    meanwhile.push(numbers.length);
  }
  while (numbers.length < MESSAGES) await new Promise<void>((done) => (wake = done));
  expect(numbers).toEqual(Array.from({ length: MESSAGES }, (_, i) => i + 1));
  expect(Math.max(...meanwhile)).toBeLessThan(MESSAGES);
  expect(peak - before).toBeLessThan(MAX_GROWTH_BYTES);
  bob.close();
  stalled.terminate();
});
