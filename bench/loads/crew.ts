// Senders and their receivers, connected, with their books; and what all of them come to in a stretch of time.
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS, type Ear, type User } from "../clients/client.ts";
import { resetPeak, usageOf } from "../machine/usage.ts";
import type { Figures } from "../measures/measure.ts";
import type { Task } from "./job.ts";
import { Ledger } from "./ledger.ts";
import { shares } from "./shares.ts";

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

/** Sender `i` writes to receiver `to(i)`; with several servers each of the two is on another one. `moved` when one of `i`'s is settled. */
export async function gather(
  task: Task,
  count: number,
  to: (i: number) => number,
  moved: (i: number) => void = () => undefined,
): Promise<Crew> {
  const { client, urls, name, batch } = task;
  const { connect, confirms } = CLIENTS[client];
  const mirror = client === "echo";
  const ledgers = Array.from({ length: count }, (_, i) => new Ledger(confirms, () => moved(i)));
  const senderName = (i: number) => `${name}a${i}`;
  const receiverName = (i: number) => (mirror ? senderName(i) : `${name}b${to(i)}`);
  const books = new Map(ledgers.map((ledger, i) => [senderName(i), ledger]));
  const urlOf = (i: number) => urls[i % urls.length] ?? "";
  const message: Ear["message"] = (from, n) => {
    const ledger = books.get(from);
    if (ledger === undefined) throw new Error(`a message came from ${from}`);
    ledger.received(n);
  };
  const users: User[] = [];
  const nobody = { message, confirmed: () => undefined };
  for (const receiver of mirror ? [] : new Set(ledgers.map((_, i) => to(i)))) {
    const url = urlOf(receiver + Math.floor(urls.length / 2));
    users.push(await connect(url, `${name}b${receiver}`, nobody, { batch }));
  }
  const senders: Sender[] = [];
  for (const [i, ledger] of ledgers.entries()) {
    const user = await connect(urlOf(i), senderName(i), { message, confirmed: (n) => ledger.confirmed(n) }, { batch });
    users.push(user);
    senders.push({ ledger, send: (many, start) => user.send(receiverName(i), ledger.begin(many, start), many) });
  }
  return { senders, close: () => users.forEach((user) => user.close()) };
}

/** Warms up, counts, stops whoever sends, lets everything arrive and checks the books. */
export async function count(
  { senders, close }: Crew,
  { warmUp, seconds, pids }: Task,
  stop: () => void,
): Promise<Figures> {
  const ledgers = senders.map(({ ledger }) => ledger);
  const settled = () => ledgers.map((ledger) => ledger.settled);
  await sleep(warmUp);
  for (const ledger of ledgers) ledger.reset();
  resetPeak(pids);
  const [before, used, own, begun] = [settled(), usageOf(pids), process.cpuUsage(), performance.now()];
  await sleep(seconds * 1_000);
  const ended = performance.now();
  const [after, use, { user, system }] = [settled(), usageOf(pids), process.cpuUsage(own)];
  const elapsed = (ended - begun) / 1_000;
  const received = shares(ledgers.map((ledger) => ledger.receivedAfter));
  const confirmed = shares(ledgers.map((ledger) => ledger.confirmedAfter));
  stop();
  while (ledgers.some(({ inFlight }) => inFlight > 0) && performance.now() < ended + DRAIN) await sleep(5);
  for (const ledger of ledgers) ledger.close();
  close();
  const each = after.map((n, i) => n - (before[i] ?? 0));
  const messages = each.reduce((sum, n) => sum + n, 0);
  const cpu = use.cpu - used.cpu;
  return {
    perSecond: messages / elapsed,
    received50: received[0],
    received99: received[1],
    confirmed50: confirmed[0],
    confirmed99: confirmed[1],
    cpuPerMessage: (cpu / messages) * 1e6,
    cpu: cpu / elapsed,
    memory: use.memory,
    peak: use.peak,
    generator: (user + system) / 1e6 / elapsed,
    slowest: (Math.min(...each) * each.length) / messages,
  };
}
