// All measures, in the order in which they are taken; and which of them share a server that was just started.
import {
  bare,
  bareBatches,
  bareGroups,
  batches,
  before,
  counted,
  echo,
  frames,
  people,
  peopleBefore,
  rabbitmq,
  recovery,
  redis,
  sdk,
  single,
  socketio,
  streams,
} from "./entrants.ts";
import { type Entrant, type Load, type Measure, type PeopleLoad, type Section, titleOf } from "./measure.ts";

/** Everybody, each as it is used: behind a broker on two servers. */
const ALL = [
  single,
  redis(2),
  redis(8),
  rabbitmq(2),
  socketio(2),
  recovery,
  streams(2),
  frames(),
  batches(),
  sdk(),
  echo,
];

const FEW = [single, redis(2), streams(2), frames(), batches(), sdk(), echo];

const floods = (pairs: number) => [1, 32, 512].map((flight): Load => ({ kind: "flood", pairs, flight }));
const sizes = [1, 2, 4, 8, 16];
/** Whose messages may be late: the bare objects beside those who keep messages, and no number of servers twice. */
const LATE = [redis(2), rabbitmq(2), socketio(2), streams(2), frames(), bare, sdk(), echo];
const growing = [...sizes.map(redis), ...sizes.map(rabbitmq), ...sizes.map(frames)];
const returning = [redis(2), rabbitmq(2), socketio(2), recovery, streams(2), frames(), sdk()];
/** Ten seconds are a thousand messages at the slowest pace: one of a hundred is ten. */
const paces = [100, 300, 1_000].map((perSecond): Load => ({ kind: "pace", pairs: 8, perSecond, atLeast: 10 }));

/** Each takes two and a half minutes at most. Two minutes of silence end what counts as one exchange. */
const ALONE: PeopleLoad = {
  kind: "people",
  what: "delivered",
  pairs: 32,
  messages: 9,
  gap: 13,
  readAfter: null,
  alternating: false,
  devices: 1,
};
const PEOPLE: readonly PeopleLoad[] = [
  ALONE,
  { ...ALONE, what: "read after 5 s", readAfter: 5, messages: 7 },
  { ...ALONE, what: "read after 5 s, two minutes apart", readAfter: 5, messages: 1, gap: 121 },
  { ...ALONE, what: "in a conversation, read at once", readAfter: 0, alternating: true, devices: 2 },
];

export const MEASURES: readonly Measure[] = [
  ...cross("throughput", ALL, floods(8)),
  ...cross("throughput", [before], [{ kind: "flood", pairs: 8, flight: 1 }]),
  ...cross("throughput", FEW, floods(1)),
  ...cross("throughput", [bare, bareGroups], [{ kind: "flood", pairs: 8, flight: 32 }]),
  ...cross("throughput", [bareBatches], [{ kind: "flood", pairs: 8, flight: 512 }]),
  ...cross("latency", LATE, paces),
  ...cross("growth", growing, [{ kind: "pace", pairs: 16, perSecond: 1_000, atLeast: 0 }]),
  ...cross("away", returning, [{ kind: "away", perSecond: 300 }]),
  ...cross("hot", [redis(2), streams(2), sdk()], [{ kind: "hot", senders: 200, flight: 32 }]),
  ...cross("backlog", [streams(2), frames(), sdk()], [{ kind: "backlog", messages: 100_000 }]),
  ...cross("idle", [frames(), echo], [{ kind: "idle", sockets: 3_000 }]),
  ...cross(
    "bill",
    [counted(frames()), counted(sdk())],
    [
      { kind: "bill", messages: 1_000, flight: 1 },
      { kind: "bill", messages: 1_024, flight: 32 },
    ],
  ),
  ...cross("people", [people, peopleBefore], PEOPLE),
];

/** What is profiled unless it is said: Restante one by one and in batches, each beside its floor. */
export const PROFILED = [
  ...cross("throughput", [echo, bareGroups, frames()], [{ kind: "flood", pairs: 8, flight: 32 }]),
  ...cross("throughput", [bareBatches, sdk()], [{ kind: "flood", pairs: 8, flight: 512 }]),
];

/** V8 names functions in workerd alone, and a profile is by message. */
export function canBeProfiled({ entrant: { peer }, load: { kind } }: Measure): boolean {
  return ["restante", "bare", "groups", "echo"].includes(peer) && ["flood", "pace"].includes(kind);
}

/** The most rounds that a section takes: its figures are counts, and hardly move. */
export const ROUNDS: Partial<Record<Section, number>> = { bill: 1, people: 1 };

/** Sections whose measures are all taken at the same time, each on a server of its own: their figures are counts, and most of the time is pauses. */
const AT_ONCE: ReadonlySet<Section> = new Set(["people"]);

/** With 8 pairs, those that goals compare are taken right after each other, in this order and after the others: some minutes later the machine may be another. */
const NEIGHBOURS = [rabbitmq(2), streams(2), redis(2), before, sdk(), redis(8), bareGroups, frames(), echo].map(
  ({ name }) => name,
);

/**
 * Measures in the order in which they are taken; together those that one server and one load generator take one after the other: of
 * one entrant, where nothing is left that matters.
 */
export function groups(measures: readonly Measure[]): readonly (readonly [Measure, ...Measure[]])[] {
  const found = new Map<string, [Measure, ...Measure[]]>();
  for (const measure of measures) {
    const { section, entrant, load } = measure;
    const pairs = load.kind === "flood" || load.kind === "pace" ? load.pairs : null;
    const key = pairs === null ? titleOf(measure) : `${section}: ${entrant.name}, ${pairs}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [measure]);
    else group.push(measure);
  }
  return [...found.values()].toSorted(([a], [b]) => placeOf(a) - placeOf(b));
}

/** Those that are taken at the same time, together. */
export function atOnce<T extends readonly [Measure, ...Measure[]]>(all: readonly T[]): readonly (readonly T[])[] {
  const found = new Map<string | T, T[]>();
  for (const group of all) {
    const [{ section }] = group;
    const key = AT_ONCE.has(section) ? section : group;
    found.set(key, [...(found.get(key) ?? []), group]);
  }
  return [...found.values()];
}

function placeOf({ section, entrant, load }: Measure): number {
  if (section !== "throughput" || load.kind !== "flood") return NEIGHBOURS.length + 1;
  return load.pairs === 8 ? NEIGHBOURS.indexOf(entrant.name) : NEIGHBOURS.length;
}

function cross(section: Measure["section"], entrants: readonly Entrant[], loads: readonly Load[]): Measure[] {
  return entrants.flatMap((entrant) => loads.map((load) => ({ section, entrant, load })));
}
