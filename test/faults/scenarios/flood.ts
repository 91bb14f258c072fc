// Hostile clients at full speed, each kind for 5 to 7 seconds, while other clients send. The server has its deployed
// limits. Kinds: messages, connections, garbage; then frames without a message or without effect, connections of one
// device, and HTTP requests.
import { join } from "node:path";
import process from "node:process";
import { start } from "../../../bench/machine/processes.ts";
import { type Fault, settleAndCheck, formatMs, userNames, sleep, quantile, withFleet } from "../fault.ts";
import { latencies } from "../timings.ts";
import type { Server } from "../server.ts";
import { megabytes } from "./slow-reader.ts";

const KINDS = ["send", "open", "garbage"] as const;
/** Kinds that run once each (hostile-floods.ts). None of them holds memory. */
const FRAMES = ["watch", "typing", "read", "token", "ack", "repeats", "refused", "unreadable", "large"] as const;
const REQUESTS = ["connects", "history", "bodies"] as const;
type Kind = "sinks" | (typeof KINDS)[number] | (typeof FRAMES)[number] | (typeof REQUESTS)[number];
/**
 * Limits of other clients' latency (p99) during the first kinds and during those of one socket; repetitions of the
 * first kinds, and the memory that the last repetition may add. V8 and the allocator keep memory for reuse: memory is
 * free again if the next flood can use it.
 */
const MAX_LATENCY_MS = 500;
const MAX_LATENCY_OF_ONE_SOCKET_MS = 250;
const REPETITIONS = 3;
const MAX_GROWTH_BYTES = 30_000_000;
/** For how long memory is sampled after a flood. */
const SETTLE_MS = 2_000;

export const flood: Fault = {
  name: "Flood",
  procedure:
    "one client sends as fast as it can; connections are opened and dropped as fast as they come; 100 MB of requests that are no upgrade; then, one kind after another and without regard to the answers, one socket sends the same signal, ack, repeat, refused or unreadable frame, and one user connects or sends requests again and again. Limits as deployed",
  expectation:
    "others keep their latency (p99 below 250 ms beside one socket) and lose nothing; memory comes back: a repetition takes no more",
  runsWith: "long",
  async play(scale) {
    const seconds = scale === "whole" ? 7 : 2;
    return withFleet({ vars: { AUTH: "open" } }, async (server, fleet) => {
      const clients = await fleet.connect(userNames(20));
      for (const [i, client] of clients.entries()) fleet.every(250, () => fleet.send(client, `u${i ^ 1}`));
      await fleet.untilSent(8 * clients.length);
      const times = [fleet.recorder.now];
      const summaries: string[] = [];
      const held = [server.memory()];
      const floods: { readonly kind: Kind; readonly summary: string; readonly from: number; readonly until: number }[] =
        [];
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, server.memory())), 100);
      try {
        for (let time = 0; time < REPETITIONS; time++) {
          for (const kind of KINDS) {
            summaries.push(await attack(kind, server, seconds));
            times.push(fleet.recorder.now);
          }
          held.push(await lowestMemory(server));
        }
        // Before the user of the next kinds floods: from then on the server is right to refuse it.
        await attack("sinks", server, 0);
        for (const kind of [...FRAMES, ...REQUESTS]) {
          const [from, summary] = [fleet.recorder.now, await attack(kind, server, scale === "whole" ? 5 : 1)];
          floods.push({ kind, summary, from, until: fleet.recorder.now });
        }
      } finally {
        clearInterval(watch);
      }
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const p99 = (from: number, to: number) => {
        return quantile(
          clients.flatMap(({ user }) => latencies(history, user, from, to)),
          0.99,
        );
      };
      const before = p99(0, times[0] ?? 0);
      const during = summaries.map((_, i) => p99(times[i] ?? 0, times[i + 1] ?? 0));
      const beside = floods.map(({ kind, summary, from, until }) => ({ kind, summary, time: p99(from, until) }));
      const added = (held.at(-1) ?? 0) - (held.at(-2) ?? 0);
      return {
        wrong,
        missed: [
          ...during.flatMap((time, i) =>
            time > MAX_LATENCY_MS
              ? [`meanwhile (${KINDS[i % KINDS.length]}) others waited ${formatMs(time)} (p99)`]
              : [],
          ),
          ...beside.flatMap(({ kind, time }) =>
            time < MAX_LATENCY_OF_ONE_SOCKET_MS ? [] : [`meanwhile (${kind}) others waited ${formatMs(time)} (p99)`],
          ),
          ...(added > MAX_GROWTH_BYTES ? [`the last time added ${megabytes(added)} of memory`] : []),
        ],
        observed: `${summaries.join("; ")}; others' messages ${formatMs(before)} before, ${during.map(formatMs).join(", ")} meanwhile (p99), and beside one socket or user ${beside.map(({ kind, time }) => `${kind} ${formatMs(time)}`).join(", ")}; ${counts}; memory before and after each time ${held.map(megabytes).join(", ")}, at most ${megabytes(peak)}`,
        more: beside.map(({ summary }) => `- ${summary}`).join("\n"),
      };
    });
  },
};

export async function attack(kind: Kind, server: Server, seconds: number): Promise<string> {
  const file = join(import.meta.dirname, "../hostile-client.ts");
  const started = start(process.execPath, [file, kind, String(server.port), String(seconds)], { timeoutMs: 60_000 });
  return (await started.output).trim();
}

/** The lowest memory within `SETTLE_MS`, because the time of garbage collection is not known. */
async function lowestMemory(server: Server): Promise<number> {
  const end = performance.now() + SETTLE_MS;
  let least = server.memory();
  for (; performance.now() < end; await sleep(200)) least = Math.min(least, server.memory());
  return least;
}
