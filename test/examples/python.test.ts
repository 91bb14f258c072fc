// The example in Python, with a real server: it was written from PROTOCOL.md alone, and keeps the same promises.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodiesFor, ChatProgram } from "../support/chat-program.ts";
import { numbered } from "../support/numbered.ts";
import { PYTHON } from "../support/python.ts";
import { open } from "../support/tcp-devices.ts";
import { type Server, startServer } from "../support/servers.ts";

const CLIENT = resolve(import.meta.dirname, "../../examples/python/restante.py");
const folder = mkdtempSync(join(tmpdir(), "restante-python-"));

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

function start(user: string, ...flags: string[]): ChatProgram {
  const state = join(folder, `${user.replaceAll("/", "-")}.db`);
  return new ChatProgram([PYTHON, CLIENT, user, "--url", server.url, "--state", state, ...flags]);
}

test("the program sends and receives, and prints the states of its messages", async () => {
  const bob = await open(server.url, "bob");
  const alice = start("Alice");
  await alice.prints(/^\* connected as alice$/);
  alice.type("to whom", "bob: 你好 🚀", "/to bob", "second: line");
  expect(await bodiesFor(bob, 2)).toEqual(["你好 🚀", "second: line"]);
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
    const carol = start("carol", "--to", "dora");
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
  const carol = start("carol", "--to", "dora");
  await carol.prints(/connected/);
  carol.type("the end");
  expect(await bodiesFor(dora, all.length + 1)).toEqual([...all, "the end"]);
  expect([...received, ...carol.received]).toEqual(["0", "1", "2", "3"].map((round) => `dora: for round ${round}`));
});

test("[S10] without a server the program says so and tries again, and lines that were typed meanwhile arrive once", async () => {
  const eve = start("eve", "--to", "frank");
  await eve.prints(/connected/);
  await server.kill();
  await eve.prints(/^\* no connection \(.*\), next try in \d/);
  eve.type(...numbered(20, "meanwhile"));
  await server.restart();
  const frank = await open(server.url, "frank");
  expect(await bodiesFor(frank, 20)).toEqual(numbered(20, "meanwhile"));
  eve.type("after");
  expect(await bodiesFor(frank, 1)).toEqual(["after"]);
});

test("[C2] where another attempt would only fail again the program ends with the reason", async () => {
  const nobody = start("no such name!");
  expect(await nobody.ended).toBe(1);
  expect(nobody.printed.join("\n")).toMatch(/^The server closed the mailbox: A name has 1 to 64 letters/m);
  expect(nobody.printed.join("\n")).not.toContain("Traceback");
  const help = start("--help");
  expect(await help.ended).toBe(0);
  expect(help.printed.join("\n")).toContain("bob: hello");
});
