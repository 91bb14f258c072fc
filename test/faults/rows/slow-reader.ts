// A client that reads one text a second, while thousands of messages come for it. Its mailbox keeps what it does not take; nobody waits for it.
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { count, type Fault, judge, ms, names, share, withCrowd } from "../fault.ts";
import { latencies } from "../figures.ts";
import type { Server } from "../server.ts";

/** Bytes by which the server's memory may grow: two windows of 4 MiB, garbage, the caches of SQLite. */
const ROOM = 75_000_000;
/** How often another's message may take as long as before, and how many ms more whatever it took. */
const TIMES = 3;
const MORE = 100;
/** What a message has beside its word. */
const BODY = "x".repeat(400);

export const slowReader: Fault = {
  name: "Slow reader",
  how: "a client that reads one text a second and acknowledges one frame of it, while 10,000 messages come for it; its user has a second device, and others talk",
  hold: "bounded server memory, others' latency unchanged",
  beside: "long",
  async play(scale) {
    const messages = scale === "whole" ? 10_000 : 1_000;
    return withCrowd({}, async (server, crowd) => {
      const writers = await crowd.enter(names(10, "w"));
      const [carol] = await crowd.enter(["carol", "dave"]);
      await crowd.enter(["slow"], "quick");
      const slow = await readSlowly(server);
      const talk = () => carol !== undefined && crowd.send(carol, "dave");
      for (let i = 0; i < 30; i++) await Promise.all([sleep(50), talk()]);
      const [from, memory] = [crowd.recorder.now, server.memory()];
      let peak = memory;
      const each = messages / writers.length;
      for (let sent = 0; sent < each; sent += 20) {
        for (const writer of writers) for (let i = 0; i < 20; i++) crowd.send(writer, "slow", BODY);
        talk();
        await sleep(100);
        peak = Math.max(peak, server.memory());
      }
      for (let i = 0; i < 100; i++) {
        await Promise.all([sleep(50), talk()]);
        peak = Math.max(peak, server.memory());
      }
      const { wrong, history, counts } = await judge(crowd);
      const read = slow.read();
      slow.end();
      const before = share(latencies(history, "dave", 0, from), 0.99);
      const during = share(latencies(history, "dave", from), 0.99);
      const grown = peak - memory;
      return {
        wrong: [
          ...wrong,
          ...(read > messages / 2 ? [`it had read ${read} of ${messages} already: it was not slow`] : []),
        ],
        missed: [
          ...(grown > ROOM ? [`the server's memory grew by ${mega(grown)}`] : []),
          ...(during > before * TIMES + MORE ? [`others waited ${ms(during)} (p99)`] : []),
        ],
        seen: `${counts}; it had read ${count(read)} frames; server's memory ${mega(memory)}, at most ${mega(grown)} more; others' messages ${ms(before)} before, ${ms(during)} meanwhile (p99)`,
      };
    });
  },
};

/** A raw device that takes its time. */
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

export function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
