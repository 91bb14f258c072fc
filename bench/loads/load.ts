// The load generator, a process of its own: `node load.ts JOB`, where JOB is a Job as JSON; its figures go to stdout as JSON, one object
// for each load. Where there are several pairs two threads share them, so that it is not the load generator that is measured. Any
// fault ends it with an error and without figures.
/* oxlint-disable unicorn/require-post-message-target-origin -- a thread is no window */
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { Figures, Load } from "../measures/measure.ts";
import type { Job, Task } from "./job.ts";
import { merge, type Part } from "./part.ts";
import type { Said } from "./thread.ts";

const THREADS = 2;
/** Ms before each load is counted, until code is compiled for it and objects are at work. */
const WARM_UP = 1_500;

const job = JSON.parse(process.argv[2] ?? "") as Job;
const most = Math.max(...job.loads.map(threadsOf));
const workers = Array.from({ length: most }, () => new Worker(new URL("thread.ts", import.meta.url)));
for (const worker of workers) worker.on("error", fail);
const all: Figures[] = [];
for (const [i, load] of job.loads.entries()) {
  const threads = threadsOf(load);
  const { loads: _, ...rest } = job;
  const task = { ...rest, load, name: `t${i}`, warmUp: WARM_UP, threads };
  const parts = await together(workers.slice(0, threads), task);
  const [first] = parts;
  all.push("each" in first ? merge(parts as [Part, ...Part[]]) : first);
}
process.stdout.write(JSON.stringify(all), () => process.exit(0));

function threadsOf(load: Load): number {
  return "pairs" in load && load.pairs > 1 ? THREADS : 1;
}

/** Gives all of them the task, and the word to go when each is connected. */
async function together(threads: readonly Worker[], task: Omit<Task, "thread">): Promise<[Part | Figures, ...Part[]]> {
  let ready = 0;
  const parts = threads.map((worker, thread) => {
    return new Promise<Part | Figures>((done) => {
      const hear = (said: Said) => {
        if (said !== "ready") {
          worker.off("message", hear);
          done(said);
        } else if (++ready === threads.length) for (const each of threads) each.postMessage("go");
      };
      worker.on("message", hear);
      worker.postMessage({ ...task, thread });
    });
  });
  return (await Promise.all(parts)) as [Part | Figures, ...Part[]];
}

function fail(error: Error): void {
  console.error(error.message);
  process.exit(1);
}
