// Senders and their receivers, connected, with their books; and what all of them come to in a stretch of time.
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ear, User } from "../clients/client.ts";
import { CLIENTS } from "../clients/clients.ts";
import { busySeconds, resetPeak, usageOf } from "../machine/usage.ts";
import type { Task } from "./job.ts";
import type { Figures } from "../measures/measure.ts";
import { figuresOf } from "./counted.ts";
import { Ledger } from "./ledger.ts";

/** The longest that what is in flight may take at the end, ms. */
const DRAIN = 20_000;

export interface Sender {
  readonly ledger: Ledger;
  send(count: number, start: number): void;
}

export interface Crew {
  readonly senders: readonly Sender[];
  close(): void;
}

/**
 * Sender `i` writes to receiver `to(i)`; with several servers each of the two is on another one. `moved` is told the place of a sender
 * in `senders` when one of its messages is settled.
 */
export async function gather(
  task: Task,
  count: number,
  to: (i: number) => number,
  moved: (place: number) => void = () => undefined,
): Promise<Crew> {
  const { client, urls, name, batch } = task;
  const { connect, confirms } = CLIENTS[client];
  const mirror = client === "echo";
  const all = Array.from({ length: count }, (_, i) => i);
  const senderName = (i: number) => `${name}a${i}`;
  const receiverName = (i: number) => (mirror ? senderName(i) : `${name}b${to(i)}`);
  const books = new Map(all.map((i) => [senderName(i), new Ledger(confirms, () => moved(i))]));
  const urlOf = (i: number) => urls[i % urls.length] ?? "";
  const message: Ear["message"] = (from, n) => {
    const ledger = books.get(from);
    if (ledger === undefined) throw new Error(`a message came from ${from}`);
    ledger.received(n);
  };
  const users: User[] = [];
  const nobody = { message, confirmed: () => undefined };
  for (const receiver of mirror ? [] : new Set(all.map(to))) {
    const url = urlOf(receiver + Math.floor(urls.length / 2));
    users.push(await connect(url, `${name}b${receiver}`, nobody, { batch }));
  }
  const senders: Sender[] = [];
  for (const i of all) {
    const ledger = books.get(senderName(i)) ?? new Ledger(confirms);
    const user = await connect(urlOf(i), senderName(i), { message, confirmed: (n) => ledger.confirmed(n) }, { batch });
    users.push(user);
    senders.push({ ledger, send: (many, start) => user.send(receiverName(i), ledger.begin(many, start), many) });
  }
  return { senders, close: () => users.forEach((user) => user.close()) };
}

/** Lets them begin, warms up, counts, stops whoever sends, lets everything arrive and checks the books. */
export async function count({ senders, close }: Crew, task: Task, begin: () => () => void): Promise<Figures> {
  const { warmUp, seconds, pids } = task;
  const ledgers = senders.map(({ ledger }) => ledger);
  const settled = () => ledgers.map((ledger) => ledger.settled);
  const inFlight = () => ledgers.some((ledger) => ledger.inFlight > 0);
  const stop = begin();
  await sleep(warmUp);
  for (const ledger of ledgers) ledger.reset();
  resetPeak(pids);
  const [before, used, own, worked, begun] = [
    settled(),
    usageOf(pids),
    process.cpuUsage(),
    busySeconds(),
    performance.now(),
  ];
  await sleep(seconds * 1_000);
  const ended = performance.now();
  const [after, use, { user, system }, busy] = [settled(), usageOf(pids), process.cpuUsage(own), busySeconds()];
  const received = Float64Array.from(ledgers.flatMap((ledger) => ledger.receivedAfter));
  const confirmed = Float64Array.from(ledgers.flatMap((ledger) => ledger.confirmedAfter));
  stop();
  while (inFlight() && performance.now() < ended + DRAIN) await sleep(5);
  for (const ledger of ledgers) ledger.close();
  close();
  return figuresOf({
    each: after.map((n, i) => n - (before[i] ?? 0)),
    seconds: (ended - begun) / 1_000,
    received,
    confirmed,
    cpu: use.cpu - used.cpu,
    memory: use.memory,
    peak: use.peak,
    generator: (user + system) / 1e6,
    busy: busy - worked,
  });
}
