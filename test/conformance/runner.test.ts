// The runner itself: what it says of clients that can't be tested, and what it prints.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { PYTHON } from "../support/python.ts";
import { rulesOf } from "./case.ts";
import { CASES } from "./cases/all.ts";
import { type Outcome, play } from "./play.ts";
import { lineOf, rulesIn, summary } from "./report.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RUNNER = resolve(import.meta.dirname, "runner.ts");

/** Runs the command line; the exit code and what it printed. */
function run(...flags: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((done) => {
    execFile("node", [RUNNER, ...flags], (error, output, errors) => {
      done({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

const played = (name: string, is: Outcome["is"]): Outcome => ({ name, is, why: "", lines: [], errors: "", ms: 1 });

/** The first case, played with a client of one line of a shell. */
async function playFirst(command: string): Promise<Outcome> {
  const [first] = CASES;
  if (first === undefined) throw new Error("there are no cases");
  return play(first, command);
}

test.concurrent.each([
  ["ends at once", "echo broken >&2; exit 3", /^The client ended by itself, with code 3\.\nbroken/],
  ["prints what is no event", "echo hello; sleep 60", /^The client printed a line that is no event: hello/],
  ["does not exist", "no-such-program-anywhere", /^The client ended by itself, with code 127/],
])("a client that %s fails with a sentence", async (_, command, sentence) => {
  const { is, why } = await playFirst(command);
  expect(is).toBe("failed");
  expect(why).toMatch(sentence);
});

test("a client that has no command skips the case", async () => {
  const events = ['{"is":"ready"}', '{"is":"unsupported","do":"open"}'].map((line) => `echo '${line}'`);
  const { is, why } = await playFirst([...events, "sleep 60"].join("; "));
  expect([is, why]).toEqual(["skipped", "the client has no `open`"]);
});

test("a process that a client leaves behind, with its stdout open, holds up nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-left-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "pid");
  const left = `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 600`;
  // It ends only when the other process is in a session of its own, and its id in the file.
  const { why } = await playFirst(`setsid sh -c '${left}' & while [ ! -e ${file} ]; do sleep 0.05; done; exit 3`);
  expect(process.kill(Number(readFileSync(file, "utf8")), "SIGKILL")).toBe(true);
  expect(why).toMatch(/^The client ended by itself, with code 3/);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends the clients with the runner", async (signal) => {
  const folder = mkdtempSync(join(tmpdir(), "restante-signal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "pid");
  // It reads its commands from nowhere: only a signal ends it.
  const client = `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 60 < /dev/null`;
  const runner = spawn("node", [RUNNER, "--client", client, "--only", "[T16]"], { stdio: "ignore" });
  const ended = new Promise((done) => runner.once("close", done));
  const pid = await vi.waitFor(() => Number(readFileSync(file, "utf8")), 20_000);
  runner.kill(signal);
  await ended;
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), 5_000);
});

test("the skeleton of docs/CONFORMANCE.md is an adapter", async () => {
  const [, skeleton = ""] =
    /^```python\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, "docs/CONFORMANCE.md"), "utf8")) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "restante-skeleton-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "adapter.py"), skeleton);
  const client = "class Client:\n  def __init__(self, events, **about): events.state('stopped', code=4400)\n";
  writeFileSync(join(folder, "my_client.py"), `${client}  def send(self, **message): pass\n  def close(self): pass\n`);
  const adapter = spawn(PYTHON, [join(folder, "adapter.py")]);
  const open = { do: "open", url: "http://127.0.0.1:1", user: "alice", device: "phone", state: folder };
  const commands = [open, { do: "send", key: "m1", to: "bob", body: [1] }, { do: "check" }, { do: "close" }];
  adapter.stdin.end(commands.map((command) => `${JSON.stringify(command)}\n`).join(""));
  const events = (await text(adapter.stdout)).trim().split("\n");
  expect(events.map((event) => JSON.parse(event) as unknown)).toEqual([
    { is: "ready", name: "my client" },
    { is: "stopped", code: 4400 },
    { is: "kept", key: "m1" },
    { is: "unsupported", do: "check" },
  ]);
});

test("a rule holds if a case of it passed and none failed", () => {
  const outcomes = [
    played("[A1][B1] one", "passed"),
    played("[B1] two", "failed"),
    played("[A1][S10] three", "skipped"),
    played("[S9][B1] four", "passed"),
  ];
  expect(rulesIn(outcomes)).toEqual({ hold: ["A1", "S9"], fail: ["B1"], untried: ["S10"] });
  expect(summary(outcomes).split("\n").at(-1)).toBe("2 passed, 1 failed");
});

test("the line of a failed case has all frames only if they are asked for", () => {
  const failed: Outcome = {
    ...played("[A1] one", "failed"),
    why: "A sentence.",
    lines: ["a frame"],
    errors: "a trace",
  };
  expect(lineOf(failed, false)).toBe("✗ [A1] one  (0.0 s)\n  A sentence.\n  stderr of the client:\n    a trace");
  expect(lineOf(failed, true)).toContain("\n    a frame\n");
});

test("every case names the rules that it proves", () => {
  expect(CASES.filter(({ name }) => rulesOf(name).length === 0).map(({ name }) => name)).toEqual([]);
});

test("the command line lists cases, ends with the count, and with 1 where one failed", async () => {
  const listed = await run("--list", "--only", "[t16]");
  expect(listed).toEqual({ code: 0, output: "[T16][G3] `watch` is said on each connection\n", errors: "" });
  const failed = await run("--client", "exit 0", "--only", "[T16]");
  expect(failed.code).toBe(1);
  expect(failed.output.trimEnd().split("\n").at(-1)).toBe("0 passed, 1 failed");
  const json = await run("--client", "exit 0", "--only", "[T16]", "--json");
  expect(JSON.parse(json.output)).toMatchObject({ rules: { fail: ["G3", "T16"] }, cases: [{ is: "failed" }] });
});

test.each([
  [["--client", "true", "--only", "no such case"], 'no case has "no such case" in its name; see --list'],
  [["--client", "true", "--server", "http://localhost:1"], "--client and --server can't be combined"],
  [["--server", "localhost:8787"], "--server takes an address that begins with http:// or https://"],
  [["--parallel", "0"], "--parallel takes a whole number from 1 to 64"],
])("the command line refuses %j with a sentence", async (flags, sentence) => {
  expect(await run(...flags)).toEqual({ code: 1, output: "", errors: `${sentence}\n` });
});
