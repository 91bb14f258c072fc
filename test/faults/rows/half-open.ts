// A network that swallows without an end: what the client says, what the server says, or both. Nobody gets a FIN.
import { type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import type { History, Who } from "../history.ts";
import type { Deaf } from "../gate.ts";

/** Ms within which a device is to notice that it hears nothing; and that nobody hears it, though it hears others. */
const NOTICED = 30_000;
const UNHEARD = 50_000;
const WAYS: readonly Deaf[] = ["up", "down", "both"];

export const halfOpen: Fault = {
  name: "Half-open",
  how: "a TCP proxy drops everything from the client, everything from the server, or both, of open connections, without a FIN; all clients keep sending",
  hold: "the sender's message shows as not stored, the receiver notices in 30 s, everything arrives once afterwards",
  play(scale) {
    return withCrowd({}, async (_, crowd) => {
      const people = await crowd.enter(names(24));
      for (const [i, person] of people.entries()) crowd.every(1_000, () => crowd.send(person, `u${i ^ 1}`));
      await pause(1_500);
      const from = crowd.recorder.now;
      // Of each pair both, the one, or the other.
      const deaf = people.filter((_, i) => i % 6 !== 3 && i % 6 !== 4);
      for (const [i, { gate }] of deaf.entries()) gate.swallow(WAYS[i % WAYS.length] ?? "both");
      await pause(100);
      for (const { gate } of deaf) gate.swallow("none");
      if (scale === "short") await crowd.quiet();
      // Who is not heard may hear others come back, just before it would have asked whether anybody hears it.
      const all = () => deaf.every(({ who }) => Number.isFinite(lostAfter(crowd.recorder, who, from)));
      for (const end = performance.now() + UNHEARD; performance.now() < end && !all();) await pause(200);
      const { wrong, history, counts } = await judge(crowd);
      const noticed = deaf.map(({ who }) => lostAfter(history, who, from) - from);
      const unheard = noticed.filter((_, i) => WAYS[i % WAYS.length] === "up");
      const slowest = share(
        noticed.filter((_, i) => WAYS[i % WAYS.length] !== "up"),
        1,
      );
      return {
        wrong: [
          ...wrong,
          ...deaf.flatMap(({ who }) => believed(history, who, from)),
          ...noticed.flatMap((time, i) => (Number.isFinite(time) ? [] : [`${deaf[i]?.who} never noticed`])),
        ],
        missed:
          slowest > NOTICED || share(unheard, 1) > UNHEARD ? [`one noticed after ${ms(share(noticed, 1))} only`] : [],
        seen: `${deaf.length} of ${people.length} clients cut off; those that received nothing noticed after ${ms(slowest)} at most, those that only could not send after ${ms(share(unheard, 1))}; ${counts}`,
      };
    });
  },
};

function lostAfter({ events }: Pick<History, "events">, who: Who, from: number): number {
  return (
    events.find((event) => event.by === who && event.at > from && event.is === "line")?.at ?? Number.POSITIVE_INFINITY
  );
}

/** Messages of whose storing a sender was told while it could hear nothing. */
function believed(history: History, who: Who, from: number): string[] {
  const lost = lostAfter(history, who, from);
  const words = new Set<string>();
  for (const event of history.events) {
    if (event.by === who && event.is === "sent" && event.at > from + 100) words.add(event.word);
  }
  return history.events.flatMap((event) => {
    if (event.is !== "told" || event.at >= lost || !words.has(event.word)) return [];
    return [`${who} was told that ${event.word} is ${event.state}, over a connection that carries nothing`];
  });
}
