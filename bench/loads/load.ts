// The load generator, a process of its own: `node load.ts JOB`, where JOB is a Job as JSON; its figures go to stdout as JSON, one object
// for each load. Any fault ends it with an error and without figures.
import process from "node:process";
import type { Figures } from "../measures/measure.ts";
import { away } from "./away.ts";
import { backlog } from "./backlog.ts";
import { bill } from "./bill.ts";
import { flood, hot } from "./flood.ts";
import { idle } from "./idle.ts";
import type { Job, Task } from "./job.ts";
import { pace } from "./pace.ts";

/** Ms until code is compiled and objects are at work: at the start, and before each further load. */
const WARM_UP = 600;
const AGAIN = 200;

function run(task: Task): Promise<Figures> {
  const { load } = task;
  switch (load.kind) {
    case "flood":
      return flood({ ...task, load });
    case "hot":
      return hot({ ...task, load });
    case "pace":
      return pace({ ...task, load });
    case "backlog":
      return backlog({ ...task, load });
    case "idle":
      return idle({ ...task, load });
    case "away":
      return away({ ...task, load });
    case "bill":
      return bill({ ...task, load });
    default:
      return load satisfies never;
  }
}

// A client throws from where it hears: nobody else is there to be told.
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const job = JSON.parse(process.argv[2] ?? "") as Job;
const all: Figures[] = [];
for (const [i, load] of job.loads.entries()) {
  all.push(await run({ ...job, load, name: `t${i}`, warmUp: i === 0 ? WARM_UP : AGAIN }));
}
process.stdout.write(JSON.stringify(all), () => process.exit(0));
