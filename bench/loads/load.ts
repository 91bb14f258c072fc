// The load generator, a process of its own: `node load.ts JOB`, where JOB is a Job as JSON; its figures go to stdout as JSON, one object
// for each load. A client throws from where it hears; any such fault ends it with an error and without figures.
// One thread, so that servers have the other core (docs/decisions/0035-run-the-load-generator-on-one-thread.md).
import process from "node:process";
import type { Figures } from "../measures/measure.ts";
import { away } from "./away.ts";
import { backlog } from "./backlog.ts";
import { bill } from "./bill.ts";
import { flood, hot } from "./flood.ts";
import { idle } from "./idle.ts";
import type { Job, Task } from "./job.ts";
import { pace } from "./pace.ts";
import { people } from "./people.ts";

/** Ms before each load is counted, until code is compiled for it and objects are at work. */
const WARM_UP = 1_500;
/** The same where as much goes as can: what is compiled for such a load is done after 4 to 6 s, and servers run for days. */
const FLOOD_WARM_UP = 5_000;

process.on("uncaughtException", ({ message }) => {
  console.error(message);
  process.exit(1);
});

const { loads, ...rest } = JSON.parse(process.argv[2] ?? "") as Job;
const all: Figures[] = [];
for (const [i, load] of loads.entries()) all.push(await run({ ...rest, load, name: `t${i}`, warmUp: WARM_UP }));
process.stdout.write(JSON.stringify(all), () => process.exit(0));

function run(task: Task): Promise<Figures> {
  const { load } = task;
  switch (load.kind) {
    case "flood":
      return flood({ ...task, load, warmUp: FLOOD_WARM_UP });
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
    case "people":
      return people({ ...task, load });
    default:
      return load satisfies never;
  }
}
