// Hostile clients at full speed, each kind for some seconds, while others talk. The server has its limits as they are deployed. What a socket
// can say, and what can be asked over HTTP, is played kind by kind: frames that are no messages, frames without effect, connections, requests.
import { join } from "node:path";
import process from "node:process";
import { start } from "../../../bench/machine/processes.ts";
import { type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import { latencies } from "../figures.ts";
import type { Server } from "../server.ts";
import { mega } from "./slow-reader.ts";

const KINDS = ["send", "open", "garbage"] as const;
/** Played once each: what they are is in hostile-frames.ts. None of them holds memory. */
const FRAMES = ["watch", "typing", "read", "token", "ack", "repeats", "refused", "unreadable", "large"] as const;
const REQUESTS = ["connects", "history", "bodies"] as const;
type Kind = (typeof KINDS)[number] | (typeof FRAMES)[number] | (typeof REQUESTS)[number];
/**
 * Ms that another's message may take meanwhile (p99), of the first kinds and of those of one socket; how often the first are played, and bytes
 * that the last time may add. What V8 and the allocator have taken once they keep, and use again: what a flood has held comes back if the next
 * one finds it there.
 */
const LATENCY = 500;
const LATENCY_OF_ONE = 250;
const TIMES = 3;
const ROOM = 30_000_000;
/** Ms in which what is held is looked at. */
const SETTLE = 2_000;

export const flood: Fault = {
  name: "Flood",
  how: "one client sends as fast as it can; connections are opened and dropped as fast as they come; 100 MB of requests that are no upgrade; then, one kind after another and without regard to the answers, one socket sends the same signal, ack, repeat, refused or unreadable frame, and one user connects or sends requests again and again. Limits as deployed",
  hold: "others keep their latency (p99 below 250 ms beside one socket) and lose nothing; memory comes back: a repetition takes no more",
  beside: "long",
  async play(scale) {
    const seconds = scale === "whole" ? 7 : 2;
    return withCrowd({ vars: { AUTH: "open" } }, async (server, crowd) => {
      const people = await crowd.enter(names(20));
      for (const [i, person] of people.entries()) crowd.every(250, () => crowd.send(person, `u${i ^ 1}`));
      await pause(2_000);
      const moments = [crowd.recorder.now];
      const did: string[] = [];
      const held = [server.memory()];
      const ones: { readonly kind: Kind; readonly said: string; readonly from: number; readonly until: number }[] = [];
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, server.memory())), 100);
      try {
        for (let time = 0; time < TIMES; time++) {
          for (const kind of KINDS) {
            did.push(await attack(kind, server, seconds));
            moments.push(crowd.recorder.now);
          }
          held.push(await lowest(server));
        }
        // The mailboxes that are signalled to begin before, not meanwhile.
        await attack("ack", server, 0);
        for (const kind of [...FRAMES, ...REQUESTS]) {
          const [from, said] = [crowd.recorder.now, await attack(kind, server, scale === "whole" ? 5 : 1)];
          ones.push({ kind, said, from, until: crowd.recorder.now });
        }
      } finally {
        clearInterval(watch);
      }
      const { wrong, history, counts } = await judge(crowd);
      const p99 = (from: number, to: number) => {
        return share(
          people.flatMap(({ user }) => latencies(history, user, from, to)),
          0.99,
        );
      };
      const before = p99(0, moments[0] ?? 0);
      const during = did.map((_, i) => p99(moments[i] ?? 0, moments[i + 1] ?? 0));
      const beside = ones.map(({ kind, said, from, until }) => ({ kind, said, time: p99(from, until) }));
      const added = (held.at(-1) ?? 0) - (held.at(-2) ?? 0);
      return {
        wrong,
        missed: [
          ...during.flatMap((time, i) =>
            time > LATENCY ? [`meanwhile (${KINDS[i % KINDS.length]}) others waited ${ms(time)} (p99)`] : [],
          ),
          ...beside.flatMap(({ kind, time }) =>
            time < LATENCY_OF_ONE ? [] : [`meanwhile (${kind}) others waited ${ms(time)} (p99)`],
          ),
          ...(added > ROOM ? [`the last time added ${mega(added)} of memory`] : []),
        ],
        seen: `${did.join("; ")}; others' messages ${ms(before)} before, ${during.map(ms).join(", ")} meanwhile (p99), and beside one socket or user ${beside.map(({ kind, time }) => `${kind} ${ms(time)}`).join(", ")}; ${counts}; memory before and after each time ${held.map(mega).join(", ")}, at most ${mega(peak)}`,
        more: beside.map(({ said }) => `- ${said}`).join("\n"),
      };
    });
  },
};

export async function attack(kind: Kind, server: Server, seconds: number): Promise<string> {
  const file = join(import.meta.dirname, "../hostile.ts");
  const started = start(process.execPath, [file, kind, String(server.port), String(seconds)], { patience: 60_000 });
  return (await started.output).trim();
}

/** The least that it holds within a few seconds: garbage collection comes when it comes. */
async function lowest(server: Server): Promise<number> {
  const end = performance.now() + SETTLE;
  let least = server.memory();
  for (; performance.now() < end; await pause(200)) least = Math.min(least, server.memory());
  return least;
}
