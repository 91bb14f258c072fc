// Mailboxes are restored to an older copy of the state folder: no seq is reused, the loss is reported by a gap, and a
// lost message can be sent again. With one real server.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { open } from "../support/tcp-devices.ts";
import { startServer } from "../support/servers.ts";

const bodies = (frames: Record<string, unknown>[]) => frames.map((frame) => frame["body"]);

test("[R3][M5] after a restore of all mailboxes seqs continue, devices receive a gap, and new messages have new seqs", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const alice = await open(server.url, "alice");
  const bob = await open(server.url, "bob");
  const send = async (from: typeof alice, id: number, to: string) => {
    from.send({ type: "send", id, to, body: id });
    return from.until("accepted");
  };
  for (let id = 1; id <= 5; id++) await send(alice, id, "bob");
  const early = await bob.take("message", 5);
  await server.kill();

  const copy = mkdtempSync(join(tmpdir(), "restante-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(server.folder, copy, { recursive: true });
  await server.restart();

  const [alice2, bob2] = [
    await open(server.url, "alice"),
    await open(server.url, "bob", "phone", cursorOf(bob, early)),
  ];
  for (let id = 6; id <= 10; id++) await send(alice2, id, "bob");
  const late = await bob2.take("message", 5);
  expect(bodies(late)).toEqual([6, 7, 8, 9, 10]);
  await server.kill();

  rmSync(server.folder, { recursive: true });
  cpSync(copy, server.folder, { recursive: true });
  await server.restart();

  const bob3 = await open(server.url, "bob", "phone", cursorOf(bob, late));
  const gap = await bob3.next();
  expect(gap).toMatchObject({ type: "gap" });
  const highest = Math.max(...[...early, ...late].map((frame) => Number(frame["seq"])));
  expect(Number(gap["seq"])).toBeGreaterThanOrEqual(highest);
  const alice3 = await open(server.url, "alice");
  expect(alice3.welcome.epoch).toBe(alice.welcome.epoch);
  expect(alice3.welcome.lastId).toBe(5);
  const { entry } = await send(alice3, 6, "bob");
  const fresh = await bob3.until("message");
  expect(fresh).toMatchObject({ body: 6, origin: entry });
  const seen = [...early, ...late].flatMap((frame) => [Number(frame["seq"]), Number(frame["origin"])]);
  expect(Math.min(Number(fresh["seq"]), Number(entry))).toBeGreaterThan(Math.max(...seen));
});

test("[M16] after a restore of the author alone, a message whose mark the copy does not have is not stored twice", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const alice = await open(server.url, "alice");
  const bob = await open(server.url, "bob");
  const send = async (from: typeof alice, id: number) => {
    from.send({ type: "send", id, to: "bob", body: id });
    return from.until("accepted");
  };
  // The row of the peer, with what it has stored, is written later: the copy has the message alone.
  await send(alice, 1);
  await send(alice, 2);
  await server.kill();
  const copy = mkdtempSync(join(tmpdir(), "restante-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(server.folder, copy, { recursive: true });
  await server.restart();

  await send(await open(server.url, "alice"), 3);
  await server.kill();
  const file = mailboxFileOf(server.folder, "alice");
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(join(server.folder, file + suffix), { force: true });
    if (existsSync(join(copy, file + suffix))) cpSync(join(copy, file + suffix), join(server.folder, file + suffix));
  }
  await server.restart();

  const alice2 = await open(server.url, "alice");
  expect(alice2.welcome.lastId).toBe(2);
  await send(alice2, 3);
  const bob2 = await open(server.url, "bob", "phone", `&epoch=${bob.welcome.epoch}&cursor=0`);
  expect(bodies(await bob2.take("message", 4))).toEqual([1, 2, 3, 3]);
});

/** The path of a user's mailbox in the state folder. */
function mailboxFileOf(folder: string, user: string): string {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".sqlite") || !/mailbox/i.test(name) || name.includes("metadata")) continue;
    const database = new DatabaseSync(join(folder, name), { readOnly: true });
    // A name that was called and nobody has is an empty file.
    const isMailbox = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'").get() !== undefined;
    const row = isMailbox ? database.prepare("SELECT name FROM mailbox").get() : undefined;
    database.close();
    if (row?.["name"] === user) return name;
  }
  throw new Error(`no file is the mailbox of ${user}`);
}

function cursorOf(device: { welcome: { epoch: string } }, frames: Record<string, unknown>[]): string {
  return `&epoch=${device.welcome.epoch}&cursor=${String(frames.at(-1)?.["seq"])}`;
}
