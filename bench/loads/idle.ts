// Users who are connected and silent, each in a mailbox of its own: what they cost when the runtime has put their objects to rest.
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS } from "../clients/clients.ts";
import { usageOf } from "../machine/usage.ts";
import type { Figures, Load } from "../measures/measure.ts";
import type { Task } from "./job.ts";

/** Objects rest after about 10 s without an event; ms. */
const REST = 13_000;
/** How long they are watched, ms. */
const WATCHED = 10_000;
/** How many connect at once. */
const AT_ONCE = 50;

export async function idle({
  client,
  urls,
  pids,
  load,
  name,
}: Task<Extract<Load, { kind: "idle" }>>): Promise<Figures> {
  const { connect } = CLIENTS[client];
  const ear = {
    message: () => undefined,
    confirmed: () => undefined,
  };
  const before = usageOf(pids);
  for (let i = 0; i < load.sockets; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, load.sockets - i) }, (_, k) => `${name}u${i + k}`);
    await Promise.all(some.map((user) => connect(urls[0] ?? "", user, ear, { batch: 1 })));
  }
  await sleep(REST);
  const rested = usageOf(pids);
  await sleep(WATCHED);
  const after = usageOf(pids);
  return {
    memory: after.memory,
    memoryPerSocket: (after.memory - before.memory) / load.sockets,
    filesPerSocket: (after.files - before.files) / load.sockets,
    cpuPerMinute: ((after.cpu - rested.cpu) / WATCHED) * 60_000,
  };
}
