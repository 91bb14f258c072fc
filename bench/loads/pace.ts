// So many messages a second over all pairs, each when it is due, however many are under way: a slow answer holds up nobody, so it can't
// hide the messages behind it.
import type { Figures, Load } from "../measures/measure.ts";
import { count, gather } from "./crew.ts";
import type { Task } from "./job.ts";

export async function pace(task: Task<Extract<Load, { kind: "pace" }>>): Promise<Figures> {
  const { pairs, perSecond, atLeast } = task.load;
  const crew = await gather(task, pairs, (i) => i);
  const longer = { ...task, seconds: Math.max(task.seconds, atLeast) };
  return count(crew, longer, () => {
    const first = performance.now();
    let next = 0;
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => first + (next * 1_000) / perSecond - performance.now();
    const send = () => {
      for (; wait() <= 0; next++) crew.senders[next % pairs]?.send(1, performance.now());
      timer = setTimeout(send, wait());
    };
    send();
    return () => clearTimeout(timer);
  });
}
