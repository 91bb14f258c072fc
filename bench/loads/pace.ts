// So many messages a second over all pairs, each when it is due, however many are under way: a slow answer holds up nobody, so it can't
// hide the messages behind it.
import type { Load } from "../measures/measure.ts";
import { count, gather } from "./crew.ts";
import type { Ready, Task } from "./job.ts";
import type { Part } from "./part.ts";

export async function pace(task: Task<Extract<Load, { kind: "pace" }>>, ready: Ready): Promise<Part> {
  const { pairs, perSecond } = task.load;
  const crew = await gather(task, pairs, (i) => i);
  return count(crew, task, ready, () => {
    const first = performance.now();
    // Message `next` of all is this thread's, and so is every one that is a round of the threads later.
    let next = task.thread;
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => first + (next * 1_000) / perSecond - performance.now();
    const send = () => {
      for (; wait() <= 0; next += task.threads) {
        const pair = next % pairs;
        crew.senders[Math.floor(pair / task.threads)]?.send(1, performance.now());
      }
      timer = setTimeout(send, wait());
    };
    send();
    return () => clearTimeout(timer);
  });
}
