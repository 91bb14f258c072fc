// The client under test: a process that a command of a shell starts, which takes commands and prints events, one JSON
// object a line (docs/CONFORMANCE.md). It can be killed and started again with the same state.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import { parseJson } from "../../src/protocol/json.ts";
import type { Frame } from "./frames.ts";
import { Gate } from "./gate.ts";
import { firstOf, type Recording, Skipped, WITHIN_MS } from "./recording.ts";

/** Ms for a process to start: a virtual machine on a loaded computer. */
const START_MS = 60_000;
/** Ms after its end for which the output of a process is read: another process may have it too, and live on. */
const LAST_OUTPUT_MS = 2_000;
/** Characters of stderr that a failure shows. */
const STDERR_CHARS = 1_500;

/** Processes that start at the same time: a client that is starved gives up its connection. */
const starts = new Gate(availableParallelism() + 1);

/** Processes that run: they end with this one. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) killGroup(pid);
});

export class ClientProcess {
  /** Every event, and the messages that were shown, of all processes of this state. */
  readonly events: Frame[] = [];
  readonly shown: Frame[] = [];
  errors = "";
  readonly #command: string;
  readonly #recording: Recording;
  readonly #who: string;
  #child: ChildProcessWithoutNullStreams | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);
  #opened: Frame = {};
  #isExpectedToEnd = false;
  readonly #taken = new Set<Frame>();

  constructor(command: string, recording: Recording, who = "") {
    this.#command = command;
    this.#recording = recording;
    this.#who = `${who}client`;
  }

  /** The first command: the client connects. Starts the process. */
  async open(about: Frame): Promise<void> {
    this.#opened = about;
    await starts.enter();
    try {
      await this.#start();
    } finally {
      starts.leave();
    }
    this.do({ do: "open", ...about });
  }

  /** Sends a command. */
  do(command: Frame): void {
    this.#recording.add(`${this.#who} <`, JSON.stringify(command));
    this.#child?.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** The user sends messages to one receiver; each has its body as its key. Resolves when the client has stored them. */
  async sends(bodies: readonly string[], to = "bob"): Promise<void> {
    for (const body of bodies) this.do({ do: "send", key: body, to, body });
    for (const key of bodies) await this.saw({ is: "kept", key });
  }

  /** An event with these fields has come, or comes. */
  async saw(fields: Frame, withinMs = WITHIN_MS): Promise<Frame> {
    return this.#recording.until(
      `the client prints ${JSON.stringify(fields)}`,
      firstOf(this.events, (event) => hasFields(event, fields)),
      withinMs,
    );
  }

  /** The next event of this kind that was not taken yet. */
  async next(fields: Frame, withinMs = WITHIN_MS): Promise<Frame> {
    const event = await this.#recording.until(
      `the client prints ${JSON.stringify(fields)}`,
      firstOf(this.events, (one) => !this.#taken.has(one) && hasFields(one, fields)),
      withinMs,
    );
    this.#taken.add(event);
    return event;
  }

  /** Waits until as many messages are shown, which have to be these, by their bodies, in this order. */
  async shows(bodies: readonly unknown[], withinMs = WITHIN_MS): Promise<void> {
    const bodiesOf = () => this.shown.map(({ body }) => body);
    const isDone = () => (this.shown.length >= bodies.length ? true : undefined);
    await this.#recording.until(`the client shows ${bodies.length} messages`, isDone, withinMs);
    if (isDeepStrictEqual(bodiesOf(), [...bodies])) return;
    const [wanted, shown] = [bodies, bodiesOf()].map((list) => JSON.stringify(list).slice(0, 600));
    throw this.#recording.failure(`Expected: the client shows ${wanted}. It showed ${shown}.`);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#isExpectedToEnd = true;
    this.#recording.add(`${this.#who} *`, "is killed");
    if (this.#child?.pid !== undefined) killGroup(this.#child.pid);
    await this.#ended;
  }

  /** Starts the process again, with the same state. */
  async startAgain(): Promise<void> {
    await this.kill();
    await this.open(this.#opened);
  }

  /** The client closes by itself; resolves with its exit code. */
  async closes(): Promise<number | null> {
    this.#isExpectedToEnd = true;
    this.do({ do: "close" });
    const ended: { code?: number | null } = {};
    void this.#ended.then((code) => {
      ended.code = code;
      this.#recording.changed();
    });
    return this.#recording.until("the client's process ends", () => ended.code);
  }

  async #start(): Promise<void> {
    // A group of its own: the shell, and what it starts.
    const child = spawn(this.#command, { shell: true, detached: true, stdio: "pipe" });
    this.#child = child;
    this.#isExpectedToEnd = false;
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    this.#ended = new Promise((done) => {
      child.once("error", (error) =>
        this.#recording.fail(this.#recording.failure(`The client can't start: ${error.message}`)),
      );
      child.once("exit", () => {
        const timer = setTimeout(() => [child.stdout, child.stderr].map((output) => output.destroy()), LAST_OUTPUT_MS);
        child.once("close", () => clearTimeout(timer));
      });
      child.once("close", (code) => {
        if (pid !== undefined) running.delete(pid);
        done(code);
        if (!this.#isExpectedToEnd) this.#died(code);
      });
    });
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (data) => (this.errors = (this.errors + String(data)).slice(-STDERR_CHARS)));
    let rest = "";
    let isReady = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) isReady = this.#read(line) || isReady;
      this.#recording.changed();
    });
    await this.#recording.until('the client prints {"is":"ready"}', () => isReady || undefined, START_MS);
  }

  /** Reads a line; returns whether it says that the process is ready. */
  #read(line: string): boolean {
    if (line.trim() === "") return false;
    this.#recording.add(`${this.#who} >`, line);
    const event = parseJson(line) as Frame | null | undefined;
    if (typeof event?.["is"] !== "string") {
      this.#recording.fail(this.#recording.failure(`The client printed a line that is no event: ${line}`));
      return false;
    }
    this.events.push(event);
    if (event["is"] === "message") this.shown.push(event);
    if (event["is"] === "unsupported")
      this.#recording.fail(new Skipped(`the client has no \`${String(event["do"])}\``));
    return event["is"] === "ready";
  }

  /** A process may end by itself where it has stopped for good. */
  #died(code: number | null): void {
    const states = this.events.filter(({ is }) => is === "open" || is === "connecting" || is === "stopped");
    if (states.at(-1)?.["is"] === "stopped") return;
    this.#recording.fail(this.#recording.failure(`The client ended by itself, with code ${code}.\n${this.errors}`));
  }
}

function hasFields(event: Frame, fields: Frame): boolean {
  return Object.entries(fields).every(([name, value]) => isDeepStrictEqual(event[name], value));
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
