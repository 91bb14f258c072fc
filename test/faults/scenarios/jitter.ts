// Every client's network goes and returns: sockets are cut without a close, and devices are offline for about 2 s.
// Other systems are played with the same networks.
import process from "node:process";
import { Random } from "../../chaos/random.ts";
import { RepeatedActions } from "../repeated-actions.ts";
import { waitUntil } from "../client-fleet.ts";
import {
  formatCount,
  type Fault,
  settleAndCheck,
  type CheckedHistory,
  formatMs,
  userNames,
  sleep,
  type Scale,
  quantile,
  withFleet,
} from "../fault.ts";
import { reconnects } from "../timings.ts";
import { type Event, Recorder } from "../history.ts";
import { OtherClient, type System, SYSTEMS } from "../other-systems.ts";

/** A reconnected client has to have all messages that were accepted meanwhile within this time. */
const MAX_COMPLETE_MS = 1_000;
/** The interval between two messages of a client, and the average length of an absence. */
const SEND_EVERY_MS = 500;
const OFFLINE_MS = 2_000;

/** `length`: the duration, ms; `every`: the average time between two losses of a client's network, ms. */
interface Size {
  readonly users: number;
  readonly length: number;
  readonly every: number;
}

const SIZES: Readonly<Record<Scale, Size>> = {
  whole: { users: 1_000, length: 60_000, every: 15_000 },
  short: { users: 30, length: 8_000, every: 4_000 },
};
/** To compare with: Restante with half as many clients, and other systems. */
const HALF_SIZE: Size = { users: 500, length: 15_000, every: 15_000 };
const OTHER_SYSTEMS_SIZE: Size = { users: 1_000, length: 15_000, every: 15_000 };

export const jitter: Fault = {
  name: "Jitter",
  procedure:
    "1,000 clients in pairs, two messages a second each way for 60 s; their sockets are cut without a close about every 15 s, half of them so that the server does not notice; away about 2 s",
  expectation: "100 % delivered, 0 twice; from reconnecting to complete: p99 < 1 s",
  runsWith: "nothing",
  async play(scale) {
    const { wrong, history, counts } = await playRestante(SIZES[scale]);
    const times = reconnects(history).map(({ complete }) => complete);
    const p99 = quantile(times, 0.99);
    const observed = `${counts}; ${formatCount(times.length)} reconnects, complete after ${formatMs(quantile(times, 0.5))} (median), ${formatMs(p99)} (p99)`;
    if (scale === "short") return { wrong, observed };
    const half = await playRestante(HALF_SIZE);
    const rows = [rowOf("Restante", SIZES.whole, history.events), rowOf("Restante", HALF_SIZE, half.history.events)];
    for (const system of SYSTEMS) rows.push(await playOtherSystem(system, OTHER_SYSTEMS_SIZE));
    return {
      wrong: [...wrong, ...half.wrong],
      missed: p99 > MAX_COMPLETE_MS ? [`1 in 100 reconnects took more than ${formatMs(p99)}`] : [],
      observed,
      more: [
        "The same clients and networks, one system after the other, each with one server process. A client is complete when it\nhas every message that arrives at all:",
        "",
        "| system | clients | for | messages | delivered | twice | complete after, median | p99 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ...rows,
      ].join("\n"),
    };
  },
};

async function playRestante(size: Size): Promise<CheckedHistory> {
  return withFleet({}, async (_, fleet) => {
    const clients = await fleet.connect(userNames(size.users));
    disturb(fleet, clients, (client, to) => fleet.send(client, to), size);
    await sleep(size.length);
    return settleAndCheck(fleet);
  });
}

interface Reconnecting {
  goOffline(silently: boolean): void;
  goOnline(): void;
}

/** All clients send to their neighbour, and every client's network is lost repeatedly. */
function disturb<P extends Reconnecting>(
  actions: RepeatedActions,
  clients: readonly P[],
  send: (client: P, to: string) => void,
  { every }: Size,
): void {
  const random = new Random(1);
  for (const [i, client] of clients.entries()) {
    actions.every(SEND_EVERY_MS, () => send(client, `u${i ^ 1}`));
    actions.atIntervals(
      () => every * (0.5 + random.next()),
      async () => {
        client.goOffline(random.chance(0.5));
        await sleep(OFFLINE_MS * (0.5 + random.next()));
        client.goOnline();
      },
    );
  }
}

async function playOtherSystem(system: System, size: Size): Promise<string> {
  if (process.env["REDIS_SERVER"] === undefined) return `| ${system.name} | not played: needs redis-server |`;
  const served = await system.start();
  const recorder = new Recorder();
  const actions = new RepeatedActions();
  const clients: OtherClient[] = [];
  try {
    for (const user of userNames(size.users)) clients.push(await OtherClient.connect(user, served, recorder, system));
    await waitUntil(() => clients.every(({ online }) => online), "not every client is connected");
    disturb(actions, clients, (client, to) => client.send(to), size);
    await sleep(size.length);
    await actions.stopActions();
    await waitUntil(() => clients.every(({ online }) => online), "not every client is connected again");
    await sleep(3_000);
    return rowOf(system.name, size, recorder.events);
  } catch (error) {
    // The results of the other systems still count.
    return `| ${system.name} | not played to its end: ${error instanceof Error ? error.message : "unknown"} |`;
  } finally {
    await actions.stopActions();
    for (const client of clients) client.close();
    await served.stop();
  }
}

function rowOf(name: string, { users, length }: Size, events: readonly Event[]): string {
  const sent = events.filter(({ is }) => is === "sent").length;
  const shown = events.flatMap((event) => (event.is === "shown" ? [`${event.by} ${event.word}`] : []));
  const once = new Set(shown).size;
  const times = reconnects({ events, restores: [], holdings: [] }).map(({ complete }) => complete);
  const cells = [
    name,
    formatCount(users),
    formatMs(length),
    formatCount(sent),
    `${((100 * once) / sent).toFixed(once === sent ? 0 : 2)} %`,
    formatCount(shown.length - once),
    formatMs(quantile(times, 0.5)),
    formatMs(quantile(times, 0.99)),
  ];
  return `| ${cells.join(" | ")} |`;
}
