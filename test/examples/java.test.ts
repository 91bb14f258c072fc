// The example in Java, with a real server: it was written from PROTOCOL.md alone, and keeps the same promises.
import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodiesFor, ChatProgram } from "../support/chat-program.ts";
import { compileJava } from "../support/java-client.ts";
import { numbered } from "../support/numbered.ts";
import { type Server, startServer } from "../support/servers.ts";
import { open } from "../support/tcp-devices.ts";

const folder = mkdtempSync(join(tmpdir(), "restante-java-state-"));

let server: Server;
let command: [string, ...string[]];

beforeAll(async () => {
  [server, command] = await Promise.all([startServer(), compileJava()]);
});

afterAll(() => server?.stop());

const journal = (user: string) => join(folder, `${user}.journal`);
const start = (user: string) => new ChatProgram([...command, user, "--url", server.url, "--state", journal(user)]);

test("the Java example sends and receives, and prints the states of its messages", async () => {
  const bob = await open(server.url, "bob");
  const alice = start("Alice");
  await alice.prints(/^\* connected as alice$/);
  alice.type("nobody", "bob 你好 🚀", "Bob second: line");
  expect(await bodiesFor(bob, 2)).toEqual(["你好 🚀", "second: line"]);
  await alice.prints(/^\* stored$/);
  await alice.prints(/^\* bob: delivered up to \d+$/);
  await alice.prints(/^\* Type a name/);
  bob.send({ type: "send", id: 1, to: "alice", body: { deep: [1.0e2, "\0 \ud800"] } });
  bob.send({ type: "send", id: 2, to: "alice", body: "\u001b[2J plain" });
  await alice.prints(/plain$/);
  expect(alice.received).toEqual(['bob: {"deep":[100,"\\u0000 \\ud800"]}', "bob: \\u001b[2J plain"]);
  // What was printed counts as read.
  let mark = await bob.until("mark");
  while (!("read" in mark)) mark = await bob.until("mark");
  expect(mark["peer"]).toBe("alice");
});

test("[T2][T3] a Java client that is killed four times sends every message once, in order, and shows none twice", async () => {
  const dora = await open(server.url, "dora");
  const all: string[] = [];
  const received: string[] = [];
  for (let round = 0; round < 4; round++) {
    const carol = start("carol");
    await carol.prints(/connected/);
    const burst = numbered(50, `round ${round}`);
    all.push(...burst);
    carol.type(...burst.map((line) => `dora ${line}`));
    dora.send({ type: "send", id: round + 1, to: "carol", body: `for round ${round}` });
    // The program stores a line before it prints that it is sent.
    await carol.prints(new RegExp(`^to dora: round ${round} 49$`));
    await carol.prints(new RegExp(`^dora: for round ${round}$`));
    received.push(...carol.received);
    await carol.kill();
    // A crash of the machine can leave parts of lines that nothing was sent or shown of.
    appendFileSync(journal("carol"), '[{"is":"put","key":"torn"\n[{"is":"put","key":"cut","to":"dora","bo');
  }
  const carol = start("carol");
  await carol.prints(/connected/);
  carol.type("dora the end");
  expect(await bodiesFor(dora, all.length + 1)).toEqual([...all, "the end"]);
  expect([...received, ...carol.received]).toEqual(["0", "1", "2", "3"].map((round) => `dora: for round ${round}`));
});

test("[T12] without a server the Java example tries again, and lines that were typed meanwhile arrive once", async () => {
  const eve = start("eve");
  await eve.prints(/connected/);
  await server.kill();
  await eve.prints(/^\* no connection \(.*\), trying again$/);
  eve.type(...numbered(20, "frank meanwhile"));
  await eve.prints(/^to frank: meanwhile 19$/);
  await server.restart();
  const frank = await open(server.url, "frank");
  expect(await bodiesFor(frank, 20)).toEqual(numbered(20, "meanwhile"));
  eve.type("frank after");
  expect(await bodiesFor(frank, 1)).toEqual(["after"]);
  eve.type("frank last");
  eve.typeNothingMore();
  expect(await eve.ended).toBe(0);
  expect(await bodiesFor(frank, 1)).toEqual(["last"]);
});

test("[T13] the Java example ends with the reason where another attempt would only fail again", async () => {
  const nobody = start("no such name!");
  expect(await nobody.ended).toBe(1);
  expect(nobody.printed.join("\n")).toMatch(/^The server closed the mailbox: A name has 1 to 64 letters/m);
  const help = new ChatProgram([...command, "--help"]);
  expect(await help.ended).toBe(0);
  expect(help.printed.join("\n")).toContain("bob hello");
});

test("[T1] two Java processes do not use one journal", async () => {
  const first = start("grace");
  await first.prints(/connected/);
  const second = start("grace");
  expect(await second.ended).not.toBe(0);
  expect(second.printed.join("\n")).toContain("in use by another process");
});
