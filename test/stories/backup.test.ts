// A backup is made while clients send as fast as they can, and restored on another state folder; then the same clients
// go on. What docs/RELIABILITY.md promises of it: nothing that was accepted before the backup began is missing, each
// mailbox is as of one commit, mailboxes that were copied at different times agree again, and nobody is shown a message
// twice.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import { BUILT, OPEN, startServer } from "../support/servers.ts";

const USERS = ["ada", "ben", "cleo", "dan", "eve"];

async function run(...args: string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(process.execPath, [join(BUILT, "restante.mjs"), ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, output };
}

/** The messages of each mailbox in a state folder: `body` of those that its user sent, and of those received. */
function mailboxesIn(state: string) {
  const folder = join(state, "mailboxes/restante-Mailbox");
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return new Map(
    files.map((name) => {
      using database = new DatabaseSync(join(folder, name));
      expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      const bodies = (kind: string) => {
        const rows = database.prepare("SELECT body FROM entry WHERE kind = ? ORDER BY seq").all(kind);
        return rows.map((row) => String(JSON.parse(String(row["body"]))));
      };
      const user = String(database.prepare("SELECT name FROM mailbox").get()?.["name"]);
      return [user, { sent: bodies("out"), received: bodies("in") }] as const;
    }),
  );
}

test("[M5] a backup under load has all that was accepted before it began; restored, mailboxes agree and nothing is shown twice", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const made = mkdtempSync(join(tmpdir(), "restante-backup-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  const into = join(made, "backups");

  const shown = new Map<string, number>();
  const clients = new Map<string, Restante>();
  for (const user of USERS) {
    const client = connect({ url: server.url, userName: user, device: "one", store: memoryStore() });
    client.messages.subscribe(({ body }) => void shown.set(`${user} ${body}`, (shown.get(`${user} ${body}`) ?? 0) + 1));
    clients.set(user, client);
  }
  onTestFinished(() => Promise.all([...clients.values()].map((client) => client.close())).then(() => undefined));

  let count = 0;
  const accepted: string[] = [];
  const send = async (from: string, to: string) => {
    const body = `${from} ${to} ${++count}`;
    await clients.get(from)?.send(to, body).reached("stored");
    accepted.push(body);
  };
  const state = { isSending: true };
  const others = (user: string) => USERS.filter((other) => other !== user);
  const senders = USERS.map(async (user) => {
    while (state.isSending) await Promise.all(others(user).map((other) => send(user, other)));
  });
  while (accepted.length < 100) await new Promise((done) => setImmediate(done));

  expect(await run("backup", into, "--state", server.folder)).toMatchObject({ code: 0 });
  const before = accepted.slice();
  const second = await run("backup", into, "--state", server.folder);
  expect(second).toMatchObject({ code: 0, output: expect.stringMatching(/[1-9]\d* copied/) });
  while (accepted.length < before.length + 100) await new Promise((done) => setImmediate(done));
  state.isSending = false;
  await Promise.all(senders);
  const port = new URL(server.url).port;
  await server.kill();

  const restored = join(made, "state");
  expect(await run("restore", into, "--state", restored)).toMatchObject({ code: 0 });
  const copy = mailboxesIn(restored);
  expect([...copy.keys()].toSorted()).toEqual(USERS);
  const sentOf = (user: string) => copy.get(user)?.sent ?? [];
  const receivedOf = (user: string) => copy.get(user)?.received ?? [];
  for (const body of before) {
    const [from = "", to = ""] = body.split(" ");
    expect(sentOf(from), body).toContain(body);
    expect(receivedOf(to), body).toContain(body);
  }

  const next = await startServer(OPEN, ["--port", port, "--state", restored]);
  onTestFinished(() => next.stop());
  const last = USERS.flatMap((user) => others(user).map((other) => [user, other] as const));
  await Promise.all(last.map(([from, to]) => send(from, to)));
  for (const [from, to] of last) {
    await expect
      .poll(() => [...shown.keys()].filter((key) => key.startsWith(`${to} ${from} `)).length)
      .toBeGreaterThan(0);
  }
  await Promise.all([...clients.values()].map((client) => client.close()));
  await next.kill();

  // What the author's copy has as sent, the receiver has, once and in its order; what was sent anew as well.
  const healed = mailboxesIn(restored);
  for (const [from, to] of last) {
    const isOurs = (body: string) => body.startsWith(`${from} ${to} `);
    const sent = (healed.get(from)?.sent ?? []).filter(isOurs);
    const received = (healed.get(to)?.received ?? []).filter(isOurs);
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(received).size, `${from} to ${to}`).toBe(received.length);
    expect(received.filter((body) => sent.includes(body))).toEqual(sent);
  }
  expect([...shown].filter(([, times]) => times > 1)).toEqual([]);
  for (const body of accepted) expect(shown.has(`${body.split(" ")[1]} ${body}`), body).toBe(true);
});

test("a state folder that a server serves is not restored into, and a server is not disturbed by the attempt", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const into = mkdtempSync(join(tmpdir(), "restante-backup-"));
  onTestFinished(() => rmSync(into, { recursive: true, force: true }));
  const alice = connect({ url: server.url, userName: "alice", device: "one", store: memoryStore() });
  await alice.send("bob", 1).reached("stored");
  expect(await run("backup", into, "--state", server.folder)).toMatchObject({ code: 0 });
  const refused = await run("restore", into, "--state", server.folder);
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/Process \d+ serves .*: stop it first/) });
  await alice.send("bob", 2).reached("stored");
  await alice.close();
});
