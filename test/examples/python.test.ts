// The example in Python, with a real server: it was written from PROTOCOL.md alone, and keeps the same promises.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Device } from "../support/client-socket.ts";
import { open } from "../support/tcp-devices.ts";
import { type Server, startServer } from "../support/servers.ts";

const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";
const CLIENT = resolve(import.meta.dirname, "../../examples/python/restante.py");
const folder = mkdtempSync(join(tmpdir(), "restante-python-"));

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

/** The program in a process of one user. */
class Program {
  readonly printed: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  #rest = "";
  #wake: () => void = () => undefined;

  constructor(user: string, ...flags: string[]) {
    const state = join(folder, `${user.replaceAll("/", "-")}.db`);
    this.#child = spawn(PYTHON, [CLIENT, user, "--url", server.url, "--state", state, ...flags]);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on("data", (data) => this.#read(String(data)));
    this.ended = new Promise((done) => this.#child.once("close", done));
    onTestFinished(() => this.kill());
  }

  type(...lines: string[]): void {
    for (const line of lines) this.#child.stdin.write(`${line}\n`);
  }

  /** Waits for a line. */
  async prints(line: RegExp): Promise<void> {
    while (!this.printed.some((one) => line.test(one))) await new Promise<void>((done) => (this.#wake = done));
  }

  /** The printed messages of others. */
  get received(): string[] {
    return this.printed.filter((line) => !line.startsWith("*") && !line.startsWith("to "));
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    this.printed.push(...lines);
    this.#wake();
  }
}

/** The bodies of the next messages of others. */
async function bodies(device: Device, number: number): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < number) {
    const frame = await device.until("message");
    if ("origin" in frame) found.push(frame["body"]);
    device.ack(frame["seq"]);
  }
  return found;
}

const numbered = (end: number, mark: string) => Array.from({ length: end }, (_, i) => `${mark} ${i}`);

test("the program sends and receives, and prints the states of its messages", async () => {
  const bob = await open(server.url, "bob");
  const alice = new Program("Alice");
  await alice.prints(/^\* connected as alice$/);
  alice.type("to whom", "bob: 你好 🚀", "/to bob", "second: line");
  expect(await bodies(bob, 2)).toEqual(["你好 🚀", "second: line"]);
  await alice.prints(/^\* stored$/);
  await alice.prints(/^\* bob: delivered up to \d+$/);
  await alice.prints(/^\* to whom\?/);
  bob.send({ type: "send", id: 1, to: "alice", body: { deep: [1, "\0 \ud800"] } });
  bob.send({ type: "send", id: 2, to: "alice", body: "plain" });
  await alice.prints(/^bob: plain$/);
  expect(alice.received).toEqual(['bob: {"deep": [1, "\\u0000 \\ud800"]}', "bob: plain"]);
});

test("[S10][R1] a program that is killed four times sends every message once and in order, and shows none twice", async () => {
  const dora = await open(server.url, "dora");
  const all: string[] = [];
  const received: string[] = [];
  for (let round = 0; round < 4; round++) {
    const carol = new Program("carol", "--to", "dora");
    await carol.prints(/connected/);
    const burst = numbered(50, `round ${round}`);
    all.push(...burst);
    carol.type(...burst);
    dora.send({ type: "send", id: round + 1, to: "carol", body: `for round ${round}` });
    // The program stores a line before it prints that it is sent.
    await carol.prints(new RegExp(`^to dora: round ${round} 49$`));
    await carol.prints(new RegExp(`^dora: for round ${round}$`));
    received.push(...carol.received);
    await carol.kill();
  }
  const carol = new Program("carol", "--to", "dora");
  await carol.prints(/connected/);
  carol.type("the end");
  expect(await bodies(dora, all.length + 1)).toEqual([...all, "the end"]);
  expect([...received, ...carol.received]).toEqual(["0", "1", "2", "3"].map((round) => `dora: for round ${round}`));
});

test("[S10] without a server the program says so and tries again, and lines that were typed meanwhile arrive once", async () => {
  const eve = new Program("eve", "--to", "frank");
  await eve.prints(/connected/);
  await server.kill();
  await eve.prints(/^\* no connection \(.*\), next try in \d/);
  eve.type(...numbered(20, "meanwhile"));
  await server.restart();
  const frank = await open(server.url, "frank");
  expect(await bodies(frank, 20)).toEqual(numbered(20, "meanwhile"));
  eve.type("after");
  expect(await bodies(frank, 1)).toEqual(["after"]);
});

test("[C2] where another attempt would only fail again the program ends with the reason", async () => {
  const nobody = new Program("no such name!");
  expect(await nobody.ended).toBe(1);
  expect(nobody.printed.join("\n")).toMatch(/^The server closed the mailbox: A name has 1 to 64 letters/m);
  expect(nobody.printed.join("\n")).not.toContain("Traceback");
  const help = new Program("--help");
  expect(await help.ended).toBe(0);
  expect(help.printed.join("\n")).toContain("bob: hello");
});
