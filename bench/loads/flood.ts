// As much as goes with so many messages in flight for each sender: in pairs, or all senders to one receiver.
import { soon } from "../clients/dial.ts";
import type { Figures, Load } from "../measures/measure.ts";
import { count, gather } from "./crew.ts";
import type { Task } from "./job.ts";

type Flood = Extract<Load, { kind: "flood" }>;
/** Seconds. */
const TURNS = 3;

type Hot = Extract<Load, { kind: "hot" }>;

export function flood(task: Task<Flood>): Promise<Figures> {
  return fill(task, task.load.pairs, task.load.flight, (i) => i);
}

/** Counts for longer than others: with so many in flight a sender's turn takes up to half a second, and each is to have several. */
export function hot(task: Task<Hot>): Promise<Figures> {
  const longer = { ...task, seconds: Math.max(task.seconds, TURNS) };
  return fill(longer, task.load.senders, task.load.flight, () => 0);
}

/** Each sender fills up what it has in flight, once for all that was settled in one moment; a batch only when there is room for it. */
async function fill(task: Task, senders: number, flight: number, to: (i: number) => number): Promise<Figures> {
  const batch = Math.min(task.batch, flight);
  let sending = false;
  const fills: (() => void)[] = [];
  const crew = await gather(task, senders, to, (place) => fills[place]?.());
  for (const { ledger, send } of crew.senders) {
    const go = soon(() => {
      const room = flight - ledger.inFlight;
      if (sending && room >= batch) send(room - (room % batch), performance.now());
    });
    fills.push(go);
  }
  return count(crew, task, () => {
    sending = true;
    for (const go of fills) go();
    return () => (sending = false);
  });
}
