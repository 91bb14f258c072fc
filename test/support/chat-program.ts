// A chat program of examples/ in a process of one user: lines in, lines out.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { Device } from "./client-socket.ts";

export class ChatProgram {
  /** Lines of stdout and stderr. */
  readonly printed: string[] = [];
  /** Its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(command: readonly [string, ...string[]]) {
    const [name, ...flags] = command;
    this.#child = spawn(name, flags);
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#read(stream);
    this.ended = new Promise((done) => this.#child.once("close", done));
    void this.ended.then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
    onTestFinished(() => this.kill());
  }

  type(...lines: string[]): void {
    for (const line of lines) this.#child.stdin.write(`${line}\n`);
  }

  /** The end of its input. */
  typeNothingMore(): void {
    this.#child.stdin.end();
  }

  /** Waits for a line. Rejects if the program ends without it. */
  async prints(line: RegExp): Promise<void> {
    while (!this.printed.some((one) => line.test(one))) {
      if (this.#hasEnded) throw new Error(`it ended without a line like ${line}:\n${this.printed.join("\n")}`);
      await new Promise<void>((done) => (this.#wake = done));
    }
  }

  /** The printed messages of others. */
  get received(): string[] {
    return this.printed.filter((line) => !line.startsWith("*") && !line.startsWith("to "));
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Each stream has lines of its own. */
  #read(stream: Readable): void {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.printed.push(...lines);
      this.#wake();
    });
  }
}

/** The bodies of the next messages of others. */
export async function bodiesFor(device: Device, number: number): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < number) {
    const frame = await device.until("message");
    if ("origin" in frame) found.push(frame["body"]);
    device.ack(frame["seq"]);
  }
  return found;
}
