// The load generator, a process of its own: `node bench/load.ts JOB`, where JOB is a Job as JSON; its figures go to stdout as JSON.
// Opens the pairs, warms up, counts for some seconds, lets everything in flight arrive, and checks the books. Any fault ends it
// with an error and without figures.
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Ledger } from "./ledger.ts";
import type { Figures, Load, PeerName } from "./measures.ts";
import { type Wire, WIRES } from "./wires.ts";

export interface Job {
  readonly peer: PeerName;
  readonly url: string;
  readonly load: Load;
  readonly seconds: number;
}

/** Before anything counts, ms: code gets compiled, objects get to work. */
const WARM_UP = 1_000;
/** The longest that what is in flight may take at the end, ms. */
const DRAIN = 10_000;

const state = { sending: true };

async function main(job: Job): Promise<Figures> {
  const pairs = await Promise.all(Array.from({ length: job.load.pairs }, (_, i) => openPair(job, i)));
  const ledgers = pairs.map(({ ledger }) => ledger);
  for (const { go } of pairs) go();
  await sleep(WARM_UP);
  for (const ledger of ledgers) ledger.reset();
  const settled = () => ledgers.reduce((sum, ledger) => sum + ledger.settled, 0);
  const [from, begun, used] = [settled(), performance.now(), process.cpuUsage()];
  await sleep(job.seconds * 1_000);
  const [to, ended, { user, system }] = [settled(), performance.now(), process.cpuUsage(used)];
  const received = shares(ledgers.flatMap((ledger) => ledger.receivedAfter));
  const confirmed = shares(ledgers.flatMap((ledger) => ledger.confirmedAfter));
  state.sending = false;
  for (const end = ended + DRAIN; ledgers.some(({ inFlight }) => inFlight > 0) && performance.now() < end;) {
    await sleep(10);
  }
  for (const ledger of ledgers) ledger.close();
  for (const { wire } of pairs) wire.close();
  const elapsed = ended - begun;
  return { perSecond: ((to - from) / elapsed) * 1_000, received, confirmed, busy: (user + system) / 1_000 / elapsed };
}

async function openPair(job: Job, i: number): Promise<{ ledger: Ledger; wire: Wire; go: () => void }> {
  const ledger = new Ledger();
  let went = false;
  const wire = await WIRES[job.peer](job.url, i, {
    received: (n) => ledger.received(n),
    confirmed: (n) => ledger.confirmed(n),
    read: () => went && next(),
  });
  const send = (count: number, start: number) => wire.send(ledger.begin(count, start), count);
  const next = job.load.kind === "flood" ? flood(job.load, ledger, send) : pace(job.load, ledger, send);
  const go = () => {
    went = true;
    next();
  };
  return { ledger, wire, go };
}

type Send = (count: number, start: number) => void;

/** Fills what is in flight up, a batch at a time. */
function flood({ batch, flight }: Extract<Load, { kind: "flood" }>, ledger: Ledger, send: Send): () => void {
  return () => {
    while (state.sending && ledger.inFlight + batch <= flight) send(batch, performance.now());
  };
}

/**
 * One message when it is due and the one before is settled. Who had to wait for the one before counts from when it was due: a slow
 * answer would otherwise hide the messages that it held up. Who did not counts from when it was sent: timers are late by up to 1 ms.
 */
function pace({ perSecond }: Extract<Load, { kind: "pace" }>, ledger: Ledger, send: Send): () => void {
  const first = performance.now();
  let timed = false;
  return () => {
    if (!state.sending || timed || ledger.inFlight > 0) return;
    const due = first + (ledger.sent * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait <= 0) return send(1, due);
    timed = true;
    setTimeout(() => {
      timed = false;
      if (state.sending) send(1, performance.now());
    }, wait);
  };
}

function shares(times: number[]): [half: number, most: number] {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return [at(0.5), at(0.99)];
}

const figures = await main(JSON.parse(process.argv[2] ?? "") as Job);
process.stdout.write(JSON.stringify(figures));
