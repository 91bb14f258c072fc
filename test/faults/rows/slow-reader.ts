// A client that reads one text a second, while thousands of messages come for it. Its mailbox keeps what it does not take; nobody waits for it.
import WebSocket from "ws";
import { until } from "../crowd.ts";
import { count, type Fault, judge, ms, names, share, withCrowd } from "../fault.ts";
import { latencies } from "../figures.ts";
import type { Server } from "../server.ts";

/** Bytes by which the server's memory may grow: two windows of 4 MiB, garbage, the caches of SQLite. */
const ROOM = 75_000_000;
/** How often another's message may take as long as before, and how many ms more whatever it took. */
const TIMES = 3;
const MORE = 100;
/** Ms between two messages of those who talk, and how many of them are waited for, before and after. */
const TALK = 50;
const BEFORE = 30;
const AFTER = 100;
/** So many messages of each writer at once, and ms between that. */
const AT_ONCE = 20;
const EACH = 100;
/** What a message has beside its word. */
const BODY = "x".repeat(400);

export const slowReader: Fault = {
  name: "Slow reader",
  how: "a client that reads one text a second and acknowledges one frame of it, while 10,000 messages arrive for it; its user has a second device, and others send",
  hold: "bounded server memory, others' latency unchanged",
  beside: "long",
  async play(scale) {
    const messages = scale === "whole" ? 10_000 : 1_000;
    return withCrowd({}, async (server, crowd) => {
      const writers = await crowd.enter(names(10, "w"));
      const [carol] = await crowd.enter(["carol", "dave"]);
      await crowd.enter(["slow"], "quick");
      const slow = await readSlowly(server);
      const heard = () => crowd.recorder.events.filter(({ is, by }) => is === "shown" && by === "dave/a").length;
      if (carol !== undefined) crowd.every(TALK, () => crowd.send(carol, "dave"));
      await until(() => heard() >= BEFORE, "dave heard nothing");
      const [from, memory] = [crowd.recorder.now, server.memory()];
      let peak = memory;
      crowd.every(TALK, () => (peak = Math.max(peak, server.memory())));
      let left = messages;
      for (const writer of writers) {
        crowd.every(EACH, () => {
          for (let i = 0; i < AT_ONCE && left > 0; i++, left--) crowd.send(writer, "slow", BODY);
        });
      }
      await until(() => left === 0, "not everything was sent");
      const sent = heard();
      await until(() => heard() >= sent + AFTER, "dave hears nothing any more");
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
