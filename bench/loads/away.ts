// Receivers whose connection is cut, who are away for a while and come back, while their senders go on: what they were given in the
// end, what came twice, and how long it took after coming back until nothing was missing.
import { setTimeout as sleep } from "node:timers/promises";
import type { User } from "../clients/client.ts";
import { CLIENTS } from "../clients/clients.ts";
import type { Figures, Load } from "../measures/measure.ts";
import type { Task } from "./job.ts";
import { shares } from "./counted.ts";

const PAIRS = 8;
/** Ms: connected, away, and how long what is missing may still come at the end. */
const THERE = 1_000;
const AWAY = 2_000;
const PATIENCE = 2_000;
const CYCLES = 1;

interface Pair {
  readonly sender: User;
  readonly receiver: User;
  readonly got: Set<number>;
  sent: number;
  repeated: number;
  /** Up to which message nothing is missing. */
  whole: number;
  /** Since it came back: what was sent before, and when it came; null when it has all of it. */
  missing: { readonly upTo: number; readonly since: number } | null;
}

export async function away(task: Task<Extract<Load, { kind: "away" }>>): Promise<Figures> {
  const times: number[] = [];
  const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, i) => open(task, i, times)));
  let next = 0;
  const timer = setInterval(() => {
    const pair = pairs[next++ % PAIRS];
    if (pair !== undefined) pair.sender.send(pair.name, ++pair.sent, 1);
  }, 1_000 / task.load.perSecond);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await sleep(THERE);
    for (const { receiver } of pairs) receiver.cut();
    await sleep(AWAY);
    await Promise.all(pairs.map(returns));
  }
  await sleep(THERE);
  clearInterval(timer);
  for (const end = performance.now() + PATIENCE; pairs.some(isShort) && performance.now() < end;) await sleep(10);
  const sent = pairs.reduce((sum, pair) => sum + pair.sent, 0);
  const [half, most] = shares(times);
  return {
    delivered: pairs.reduce((sum, { got }) => sum + got.size, 0) / sent,
    repeated: (pairs.reduce((sum, { repeated }) => sum + repeated, 0) / sent) * 1_000,
    // Whoever lost something was never complete again.
    ...(times.length === PAIRS * CYCLES && { complete: half, complete99: most }),
  };
}

async function open(task: Task, i: number, times: number[]): Promise<Pair & { readonly name: string }> {
  const { connect } = CLIENTS[task.client];
  const urlOf = (k: number) => task.urls[k % task.urls.length] ?? "";
  const name = `${task.name}b${i}`;
  const got = new Set<number>();
  const message = (_: string, n: number) => {
    if (got.has(n)) pair.repeated++;
    got.add(n);
    while (got.has(pair.whole + 1)) pair.whole++;
    look(pair, times);
  };
  const nobody = { message: () => undefined, confirmed: () => undefined };
  const receiver = await connect(urlOf(i + 1), name, { ...nobody, message }, {});
  const sender = await connect(urlOf(i), `${task.name}a${i}`, nobody, {});
  const pair: Pair & { readonly name: string } = {
    name,
    sender,
    receiver,
    got,
    sent: 0,
    repeated: 0,
    whole: 0,
    missing: null,
  };
  return pair;
}

async function returns(pair: Pair): Promise<void> {
  pair.missing = { upTo: pair.sent, since: performance.now() };
  await pair.receiver.back();
}

function look(pair: Pair, times: number[]): void {
  if (pair.missing === null || pair.whole < pair.missing.upTo) return;
  times.push(performance.now() - pair.missing.since);
  pair.missing = null;
}

function isShort({ whole, sent }: Pair): boolean {
  return whole < sent;
}
