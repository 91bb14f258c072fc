// Keeps the server running: one runtime after another, and none while the disk is full. Then a mailbox that is opened
// may kill the runtime (decision 63), so this process answers in its place, without the disk, until there is room.
import { constants } from "node:os";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { callFront } from "./control.ts";
import { type Disk, hasRoom, isFull, limitOf, readDisk } from "./disk.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import type { Runtime, RuntimeParts } from "./runtime.ts";
import { StandBy } from "./stand-by.ts";

export interface SuperviseOptions {
  /** Starts a runtime that serves on this port. */
  start(port: number, listens: RuntimeParts["listens"]): Runtime;
  readonly mailboxes: string;
  readonly port: number;
  readonly ip: string;
  /** Bytes that have to be free, or null for the default. */
  readonly minFree: number | null;
  /** Ms that connected clients get to leave. */
  readonly drainMs: number;
  announce(port: number): void;
}

/** Between two looks at the disk, ms: a call of the system that reads no disk. */
const LOOK_MS = 200;
/** Ms for running requests after a stop. workerd would also wait for open sockets, endlessly; all state is on disk. */
const GRACE_MS = 1_000;
/** How old the metrics of the process may be, ms. */
const METRICS_MS = 5_000;
/** After the sockets are closed, ms in which who comes still gets an answer, and the last frames leave. */
const LINGER_MS = 500;
/** The disk has had room for as many looks before a start. Answers: a program that fills it again at once. */
const ROOMY_LOOKS = 5;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Serves until a signal; returns the exit code. A runtime that ends by itself while there is room ends this too. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const supervisor = new Supervisor(options);
  const stop = (signal: NodeJS.Signals) => supervisor.stop(signal);
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await supervisor.run();
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

class Supervisor {
  readonly #options: SuperviseOptions;
  /** The port that is served; 0 until it is known. */
  #port: number;
  #controlPort = 0;
  readonly #metrics: ProcessMetrics;
  #runtime: Runtime | null = null;
  /** The first signal to stop. */
  #signal: NodeJS.Signals | null = null;

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#metrics = new ProcessMetrics(options.mailboxes, options.minFree);
  }

  async run(): Promise<number> {
    while (this.#signal === null) {
      if (await this.#isFull()) await this.#standBy();
      else {
        const code = await this.#serve();
        if (code !== null) return code;
      }
    }
    return 128 + constants.signals[this.#signal];
  }

  /** The first signal drains, the second one ends at once. */
  stop(signal: NodeJS.Signals): void {
    if (this.#signal !== null) this.#runtime?.kill("SIGKILL");
    else {
      this.#signal = signal;
      if (this.#runtime !== null) void this.#drain(this.#runtime);
    }
  }

  /** Resolves at the end of a runtime: with its exit code, or null if it ended because of the disk or a signal. */
  async #serve(): Promise<number | null> {
    const runtime = this.#options.start(this.#port, (socket, port) => this.#listens(socket, port));
    this.#controlPort = 0;
    this.#runtime = runtime;
    const state = { is: "running" as "running" | "full" | "ended" };
    void this.#watch(runtime, state);
    void this.#report(runtime, state).catch(() => undefined);
    void this.#metrics.scan(() => state.is !== "running").catch(() => undefined);
    const code = await runtime.ended;
    this.#runtime = null;
    const endedByDisk = state.is === "full" || (code !== 0 && (await this.#isFull()));
    state.is = "ended";
    if (this.#signal !== null || endedByDisk) return null;
    return code ?? 1;
  }

  #listens(socket: string, port: number): void {
    if (socket === "control") this.#controlPort = port;
    else {
      this.#port = port;
      this.#options.announce(port);
    }
  }

  async #watch(runtime: Runtime, state: { is: string }): Promise<void> {
    while (state.is === "running") {
      await setTimeout(LOOK_MS, undefined, { ref: false });
      if (state.is !== "running" || !(await this.#isFull())) continue;
      state.is = "full";
      await end(runtime, GRACE_MS);
    }
  }

  /** Keeps the front's metrics of the process young. */
  async #report({ pid }: Runtime, state: { is: string }): Promise<void> {
    const startedAt = Date.now();
    while (state.is === "running") {
      const sent = await callFront(this.#controlPort, "/metrics", await this.#metrics.text(pid, startedAt));
      await setTimeout(sent === null ? LOOK_MS : METRICS_MS, undefined, { ref: false });
    }
  }

  async #standBy(): Promise<void> {
    const standBy = new StandBy();
    const port = await standBy.listen(this.#port, this.#options.ip);
    this.#port = port;
    const { minFree, mailboxes } = this.#options;
    const disk = await readDisk(mailboxes);
    log("disk_full", "error", {
      free: disk.free,
      needed: Math.ceil(limitOf(disk, minFree)),
      freeFiles: disk.freeFiles,
      port,
    });
    for (let looks = 0; looks < ROOMY_LOOKS && this.#signal === null;) {
      await setTimeout(LOOK_MS);
      looks = hasRoom(await readDisk(mailboxes), minFree) ? looks + 1 : 0;
    }
    await standBy.close();
    if (this.#signal === null) log("disk_has_room", "info", { free: (await readDisk(mailboxes)).free });
  }

  async #drain(runtime: Runtime): Promise<void> {
    const { drainMs } = this.#options;
    const endAt = Date.now() + drainMs;
    if (drainMs > 0 && (await callFront(this.#controlPort, "/drain", "", drainMs)) !== null)
      await Promise.race([runtime.ended, setTimeout(LINGER_MS, undefined, { ref: false })]);
    await end(runtime, Math.max(GRACE_MS, endAt - Date.now()));
  }

  async #isFull(): Promise<boolean> {
    return isFull(await this.#disk(), this.#options.minFree);
  }

  #disk(): Promise<Disk> {
    return readDisk(this.#options.mailboxes);
  }
}

/** Asks a runtime to end, and kills it after `within` ms. */
async function end(runtime: Runtime, within: number): Promise<void> {
  runtime.kill("SIGTERM");
  await Promise.race([runtime.ended, setTimeout(within, undefined, { ref: false })]);
  runtime.kill("SIGKILL");
}

/** Writes a line of the log, in the form of the Worker's. */
function log(event: string, level: "info" | "error", fields: Readonly<Record<string, number>>): void {
  const at = Date.now();
  console.log(JSON.stringify({ event, level, at, time: new Date(at).toISOString(), ...fields }));
}
