// Everybody's network comes and goes: sockets are cut without a close, and devices are away for a while. Other systems have the same.
import process from "node:process";
import { Random } from "../../chaos/random.ts";
import { Bustle } from "../bustle.ts";
import { until } from "../crowd.ts";
import { count, type Fault, judge, type Judged, ms, names, pause, type Scale, share, withCrowd } from "../fault.ts";
import { returns } from "../figures.ts";
import { type Event, Recorder } from "../history.ts";
import { Peer, type System, SYSTEMS } from "../peers.ts";

/** Ms within which whoever came back is to have everything that was accepted meanwhile. */
const COMPLETE = 1_000;
/** Ms between two messages of a person, and of an absence on average. */
const EACH = 500;
const AWAY = 2_000;

/** Ms of the whole, and between two losses of one's network on average. */
interface Size {
  readonly users: number;
  readonly length: number;
  readonly every: number;
}

const SIZES: Readonly<Record<Scale, Size>> = {
  whole: { users: 1_000, length: 60_000, every: 15_000 },
  short: { users: 30, length: 8_000, every: 4_000 },
};
/** Of those that it is compared with: itself with half as many people, and other systems. */
const HALF: Size = { users: 500, length: 15_000, every: 15_000 };
const OTHERS: Size = { users: 1_000, length: 15_000, every: 15_000 };

export const jitter: Fault = {
  name: "Jitter",
  how: "1,000 clients in pairs, two messages a second each way for 60 s; their sockets are cut without a close about every 15 s, half of them so that the server does not notice; away about 2 s",
  hold: "100 % delivered, 0 twice; from reconnecting to complete: p99 < 1 s",
  beside: "nothing",
  async play(scale) {
    const { wrong, history, counts } = await playOurs(SIZES[scale]);
    const times = returns(history).map(({ complete }) => complete);
    const p99 = share(times, 0.99);
    const seen = `${counts}; ${count(times.length)} reconnects, complete after ${ms(share(times, 0.5))} (median), ${ms(p99)} (p99)`;
    if (scale === "short") return { wrong, seen };
    const half = await playOurs(HALF);
    const rows = [rowOf("Restante", SIZES.whole, history.events), rowOf("Restante", HALF, half.history.events)];
    for (const system of SYSTEMS) rows.push(await playPeer(system, OTHERS));
    return {
      wrong: [...wrong, ...half.wrong],
      missed: p99 > COMPLETE ? [`1 in 100 reconnects took more than ${ms(p99)}`] : [],
      seen,
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

async function playOurs(size: Size): Promise<Judged> {
  return withCrowd({}, async (_, crowd) => {
    const people = await crowd.enter(names(size.users));
    disturb(crowd, people, (person, to) => crowd.send(person, to), size);
    await pause(size.length);
    return judge(crowd);
  });
}

interface Disturbed {
  leave(silently: boolean): void;
  comeBack(): void;
}

/** Everybody talks with their neighbour, and everybody's network is lost again and again. */
function disturb<P extends Disturbed>(
  bustle: Bustle,
  people: readonly P[],
  send: (person: P, to: string) => void,
  { every }: Size,
): void {
  const random = new Random(1);
  for (const [i, person] of people.entries()) {
    bustle.every(EACH, () => send(person, `u${i ^ 1}`));
    bustle.sometimes(
      () => every * (0.5 + random.next()),
      async () => {
        person.leave(random.chance(0.5));
        await pause(AWAY * (0.5 + random.next()));
        person.comeBack();
      },
    );
  }
}

async function playPeer(system: System, size: Size): Promise<string> {
  if (process.env["REDIS_SERVER"] === undefined) return `| ${system.name} | not played: needs redis-server |`;
  const served = await system.start();
  const recorder = new Recorder();
  const bustle = new Bustle();
  const people: Peer[] = [];
  try {
    for (const user of names(size.users)) people.push(await Peer.enter(user, served, recorder, system));
    await until(() => people.every(({ online }) => online), "not everybody came in");
    disturb(bustle, people, (person, to) => person.send(to), size);
    await pause(size.length);
    await bustle.quiet();
    await until(() => people.every(({ online }) => online), "not everybody came back");
    await pause(3_000);
    return rowOf(system.name, size, recorder.events);
  } catch (error) {
    // What the others did still counts.
    return `| ${system.name} | not played to its end: ${error instanceof Error ? error.message : "unknown"} |`;
  } finally {
    await bustle.quiet();
    for (const person of people) person.close();
    await served.stop();
  }
}

function rowOf(name: string, { users, length }: Size, events: readonly Event[]): string {
  const sent = events.filter(({ is }) => is === "sent").length;
  const shown = events.flatMap((event) => (event.is === "shown" ? [`${event.by} ${event.word}`] : []));
  const once = new Set(shown).size;
  const times = returns({ events, setBack: [], holdings: [] }).map(({ complete }) => complete);
  const cells = [
    name,
    count(users),
    ms(length),
    count(sent),
    `${((100 * once) / sent).toFixed(once === sent ? 0 : 2)} %`,
    count(shown.length - once),
    ms(share(times, 0.5)),
    ms(share(times, 0.99)),
  ];
  return `| ${cells.join(" | ")} |`;
}
