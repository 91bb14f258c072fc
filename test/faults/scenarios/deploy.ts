// The Worker's code is replaced under all connected clients; then every object is evicted with its sockets closed.
import { asNextRelease, workerWithFaultRoutes } from "../bundle.ts";
import { type ClientFleet, waitUntil } from "../client-fleet.ts";
import { formatCount, type Fault, settleAndCheck, formatMs, userNames, sleep, quantile, withFleet } from "../fault.ts";
import { firstReconnects, histogram } from "../timings.ts";
import type { Server } from "../server.ts";

/** 95 % of the clients have to be complete again within this time. */
const MAX_COMPLETE_MS = 2_000;

/**
 * Longer than the SDK's minimum for a good connection: after a shorter one it would back off longer than after a deploy.
 */
const GOOD_CONNECTION_MS = 5_500;

/** The number of users, and a smaller number to compare with. */
const USERS = 1_000;
const FEWER_USERS = 300;

export const deploy: Fault = {
  name: "Deploy",
  procedure:
    "the Worker's code is replaced under 1,000 connected clients who send; then every object is evicted with its sockets closed",
  expectation: "0 lost; 95 % complete again < 2 s; reconnects are spread",
  runsWith: "nothing",
  async play(scale) {
    const all = await playWith(scale === "whole" ? USERS : 40);
    if (scale === "short") return { wrong: all.wrong, observed: all.observed };
    const fewer = await playWith(FEWER_USERS);
    return {
      wrong: [...all.wrong, ...fewer.wrong],
      missed: all.p95
        .filter((time) => time > MAX_COMPLETE_MS)
        .map((time) => `95 % were complete again after ${formatMs(time)} only`),
      observed: all.observed,
      more: `Reconnects after the code was replaced, of ${formatCount(USERS)} clients:\n\n${all.histogram}\n\nWith fewer clients:\n${fewer.observed}.`,
    };
  },
};

interface Played {
  readonly wrong: readonly string[];
  readonly observed: string;
  /** Ms until 95 % were complete again: after the code was replaced, and after everything was evicted. */
  readonly p95: readonly [number, number];
  readonly histogram: string;
}

async function playWith(users: number): Promise<Played> {
  const code = await workerWithFaultRoutes();
  return withFleet({ code }, async (server, fleet) => {
    const allUsers = userNames(users);
    const clients = await fleet.connect(allUsers);
    for (const [i, client] of clients.entries()) fleet.every(5_000, () => fleet.send(client, `u${i ^ 1}`));
    await sleep(GOOD_CONNECTION_MS);
    const replaced = await measureFrom(fleet, () => server.restart(asNextRelease(code, "the next release")));
    await sleep(GOOD_CONNECTION_MS);
    const evicted = await measureFrom(fleet, () => evictAll(server, allUsers));
    const { wrong, history, counts } = await settleAndCheck(fleet);
    const p95Since = (from: number) =>
      quantile(
        firstReconnects(history, from).map(({ complete }) => complete),
        0.95,
      );
    const p95 = [p95Since(replaced), p95Since(evicted)] as const;
    return {
      wrong,
      observed: `${formatCount(users)} clients; ${counts}; new code: 95 % complete again after ${formatMs(p95[0])}; evicted: ${formatMs(p95[1])}`,
      p95,
      histogram: histogram(firstReconnects(history, replaced).map(({ open }) => open)),
    };
  });
}

/** Runs `act` and waits until all clients are connected again; returns the start, in the history's time. */
async function measureFrom(fleet: ClientFleet, act: () => Promise<unknown>): Promise<number> {
  const from = fleet.recorder.now;
  await act();
  await waitUntil(
    () => fleet.clients.some(({ online }) => !online) || fleet.recorder.now - from > 2_000,
    "no client was cut off",
  );
  await fleet.allOnline();
  return from;
}

async function evictAll(server: Server, users: readonly string[]): Promise<void> {
  await fetch(`${server.url}/faults/evict?user=${users.join(",")}`);
}
