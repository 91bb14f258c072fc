// A client reads one text a second while 10,000 messages arrive for it. Its mailbox holds the unread ones, and no other
// client waits.
import WebSocket from "ws";
import { waitUntil } from "../client-fleet.ts";
import { formatCount, type Fault, settleAndCheck, formatMs, userNames, quantile, withFleet } from "../fault.ts";
import { latencies } from "../timings.ts";
import type { Server } from "../server.ts";

/** The limit of the server's growth: two windows of 4 MiB, garbage, the caches of SQLite. */
const MAX_GROWTH_BYTES = 75_000_000;
/** The limit of other clients' latency: the latency before, times this factor, plus these ms. */
const MAX_LATENCY_FACTOR = 3;
const MAX_LATENCY_EXTRA_MS = 100;
/**
 * The interval between two messages of the other clients, and how many of them are awaited before and after the burst.
 */
const SEND_EVERY_MS = 50;
const MESSAGES_BEFORE = 30;
const MESSAGES_AFTER = 100;
/** Messages in one burst of a writer, and the interval between two bursts. */
const BURST = 20;
const BURST_EVERY_MS = 100;
/** Sent with the word of each message. */
const BODY = "x".repeat(400);

export const slowReader: Fault = {
  name: "Slow reader",
  procedure:
    "a client that reads one text a second and acknowledges one frame of it, while 10,000 messages arrive for it; its user has a second device, and others send",
  expectation: "bounded server memory, others' latency unchanged",
  runsWith: "long",
  async play(scale) {
    const messages = scale === "whole" ? 10_000 : 1_000;
    return withFleet({}, async (server, fleet) => {
      const writers = await fleet.connect(userNames(10, "w"));
      const [carol] = await fleet.connect(["carol", "dave"]);
      await fleet.connect(["slow"], "quick");
      const slow = await readSlowly(server);
      const received = () => fleet.recorder.events.filter(({ is, by }) => is === "shown" && by === "dave/a").length;
      if (carol !== undefined) fleet.every(SEND_EVERY_MS, () => fleet.send(carol, "dave"));
      await waitUntil(() => received() >= MESSAGES_BEFORE, "dave received too few messages");
      const [from, memory] = [fleet.recorder.now, server.memory()];
      let peak = memory;
      fleet.every(SEND_EVERY_MS, () => (peak = Math.max(peak, server.memory())));
      let left = messages;
      for (const writer of writers) {
        fleet.every(BURST_EVERY_MS, () => {
          for (let i = 0; i < BURST && left > 0; i++, left--) fleet.send(writer, "slow", BODY);
        });
      }
      await waitUntil(() => left === 0, "not everything was sent");
      const atEnd = received();
      await waitUntil(() => received() >= atEnd + MESSAGES_AFTER, "dave received too few messages after the burst");
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const read = slow.read();
      slow.end();
      const before = quantile(latencies(history, "dave", 0, from), 0.99);
      const during = quantile(latencies(history, "dave", from), 0.99);
      const grown = peak - memory;
      return {
        wrong: [
          ...wrong,
          ...(read > messages / 2 ? [`it had read ${read} of ${messages} already: it was not slow`] : []),
        ],
        missed: [
          ...(grown > MAX_GROWTH_BYTES ? [`the server's memory grew by ${megabytes(grown)}`] : []),
          ...(during > before * MAX_LATENCY_FACTOR + MAX_LATENCY_EXTRA_MS
            ? [`others waited ${formatMs(during)} (p99)`]
            : []),
        ],
        observed: `${counts}; it had read ${formatCount(read)} frames; server's memory ${megabytes(memory)}, at most ${megabytes(grown)} more; others' messages ${formatMs(before)} before, ${formatMs(during)} meanwhile (p99)`,
      };
    });
  },
};

/** A raw socket that reads one text a second. */
async function readSlowly(server: Server): Promise<{ read(): number; end(): void }> {
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/client/slow?device=slow&cursor=0`, "restante.v1");
  let read = 0;
  ws.on("message", (data) => {
    const frames = [JSON.parse(String(data))].flat() as { seq?: number }[];
    const [seq] = frames.flatMap((frame) => frame.seq ?? []);
    read++;
    if (seq !== undefined) ws.send(JSON.stringify({ type: "ack", seq }));
    ws.pause();
    setTimeout(() => ws.resume(), 1_000);
  });
  await new Promise((done, fail) => ws.on("open", done).on("error", fail));
  return { read: () => read, end: () => ws.terminate() };
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
