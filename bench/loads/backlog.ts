// Messages are stored while the receiver is away; then its device comes and gets them all.
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS } from "../clients/clients.ts";
import { soon } from "../clients/dial.ts";
import { resetPeak, usageOf } from "../machine/usage.ts";
import type { Figures, Load } from "../measures/measure.ts";
import type { Task } from "./job.ts";

/** Several senders fill a mailbox faster than one. */
const SENDERS = 4;
const FLIGHT = 512;
/** A moment between storing and coming back, ms. */
const PAUSE = 500;

export async function backlog(task: Task<Extract<Load, { kind: "backlog" }>>): Promise<Figures> {
  const { urls, pids, name, load } = task;
  const receiver = `${name}b`;
  const each = Math.ceil(load.messages / SENDERS);
  await Promise.all(
    Array.from({ length: SENDERS }, (_, i) => store(task, urls[i % urls.length] ?? "", `${name}a${i}`, receiver, each)),
  );
  await sleep(PAUSE);
  const { connect } = CLIENTS[task.client];
  resetPeak(pids);
  const [used, begun] = [usageOf(pids), performance.now()];
  const last = new Map<string, number>();
  let count = 0;
  let done: () => void;
  const complete = new Promise<void>((resolve) => (done = resolve));
  const message = (from: string, n: number) => {
    const before = last.get(from) ?? 0;
    if (n !== before + 1) throw new Error(`message ${n} of ${from} came after ${before}`);
    last.set(from, n);
    if (++count === each * SENDERS) done();
  };
  const user = await connect(
    urls[0] ?? "",
    receiver,
    { message, confirmed: () => undefined },
    { batch: 1, fromStart: true },
  );
  await complete;
  const [elapsed, use] = [(performance.now() - begun) / 1_000, usageOf(pids)];
  user.close();
  const cpu = use.cpu - used.cpu;
  return {
    perSecond: count / elapsed,
    cpuPerMessage: (cpu / count) * 1e6,
    memory: used.memory,
    peak: use.peak,
  };
}

/** One sender's share, by the quickest client that the peer has. */
async function store(task: Task, url: string, name: string, to: string, messages: number): Promise<void> {
  const { connect } = CLIENTS[task.client === "sdk" ? "frames" : task.client];
  let [sent, confirmed] = [0, 0];
  let done: () => void;
  const complete = new Promise<void>((resolve) => (done = resolve));
  const ear = {
    message: () => undefined,
    confirmed() {
      if (++confirmed === messages) done();
      else fill();
    },
  };
  const user = await connect(url, name, ear, { batch: 128 });
  const fill = soon(() => {
    const room = Math.min(FLIGHT - (sent - confirmed), messages - sent);
    if (room < Math.min(128, messages - sent) || room === 0) return;
    user.send(to, sent + 1, room);
    sent += room;
  });
  fill();
  await complete;
  user.close();
}
