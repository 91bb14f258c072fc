// One thread of the load generator: it is told tasks, one after the other, and says what came of them. A client throws from where it hears;
// nobody catches that here, so the thread ends with it.
/* oxlint-disable unicorn/require-post-message-target-origin -- a thread is no window */
import { parentPort } from "node:worker_threads";
import type { Figures } from "../measures/measure.ts";
import { away } from "./away.ts";
import { backlog } from "./backlog.ts";
import { bill } from "./bill.ts";
import { flood, hot } from "./flood.ts";
import { idle } from "./idle.ts";
import type { Ready, Task } from "./job.ts";
import { pace } from "./pace.ts";
import type { Part } from "./part.ts";

/** What a thread says: that it is connected, or what it saw. */
export type Said = "ready" | Part | Figures;

let go: () => void = () => undefined;

function run(task: Task, ready: Ready): Promise<Part | Figures> {
  const { load } = task;
  switch (load.kind) {
    case "flood":
      return flood({ ...task, load }, ready);
    case "hot":
      return hot({ ...task, load }, ready);
    case "pace":
      return pace({ ...task, load }, ready);
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

function say(said: Said): void {
  parentPort?.postMessage(said);
}

function ready(): Promise<void> {
  return new Promise((done) => {
    go = done;
    say("ready");
  });
}

parentPort?.on("message", (word: Task | "go") => {
  if (word === "go") go();
  else void run(word, ready).then(say);
});
