// As much as goes with so many messages in flight for each sender: in pairs, or all senders to one receiver.
import { soon } from "../clients/dial.ts";
import type { Figures, Load } from "../measures/measure.ts";
import { count, gather } from "./crew.ts";
import type { Task } from "./job.ts";

type Flood = Extract<Load, { kind: "flood" }>;
type Hot = Extract<Load, { kind: "hot" }>;

export function flood(task: Task<Flood>): Promise<Figures> {
  return fill(task, task.load.pairs, task.load.flight, (i) => i);
}

export function hot(task: Task<Hot>): Promise<Figures> {
  return fill(task, task.load.senders, task.load.flight, () => 0);
}

/** Each sender fills up what it has in flight, once for all that was settled in one moment; a batch only when there is room for it. */
async function fill(task: Task, senders: number, flight: number, to: (i: number) => number): Promise<Figures> {
  const batch = Math.min(task.batch, flight);
  let sending = false;
  const fills = Array.from({ length: senders }, (_, i) => {
    return soon(() => {
      const sender = crew.senders[i];
      if (!sending || sender === undefined) return;
      const room = flight - sender.ledger.inFlight;
      if (room >= batch) sender.send(room - (room % batch), performance.now());
    });
  });
  const crew = await gather(task, senders, to, (i) => fills[i]?.());
  sending = true;
  for (const go of fills) go();
  return count(crew, task, () => (sending = false));
}
