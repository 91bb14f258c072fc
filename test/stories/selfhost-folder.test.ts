// The state folder of `npm run selfhost`: one server for one folder, also by another path, and no files for
// unclaimed names.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { lock } from "../../scripts/selfhost/lock.mjs";
import { sweep } from "../../scripts/selfhost/sweep.mjs";
import { open } from "../support/tcp-devices.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const folders: string[] = [];
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "restante-folder-"));
  folders.push(made);
  return made;
}

async function start(variables: Record<string, string> = OPEN): Promise<Server> {
  const server = await startServer(variables);
  servers.push(server);
  return server;
}

const databases = (server: Server) =>
  readdirSync(join(server.folder, "mailboxes/restante-Mailbox")).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));

/** Tables of each mailbox, by its file. */
function tablesOf(server: Server): Map<string, number> {
  return new Map(
    databases(server).map((name) => {
      using database = new DatabaseSync(join(server.folder, "mailboxes/restante-Mailbox", name));
      return [name, database.prepare("SELECT * FROM sqlite_master").all().length];
    }),
  );
}

test("a second server on the same folder does not start, by any of its paths", async () => {
  const server = await start();
  const alice = await open(server.url, "alice");
  const link = join(folder(), "link");
  symlinkSync(server.folder, link);
  const deep = folder();
  symlinkSync(join(server.folder, "mailboxes"), join(deep, "mailboxes"));
  for (const path of [server.folder, link, `${server.folder}/./`, deep]) {
    await expect(startServer(OPEN, ["--state", path]), path).rejects.toThrow(/Process \d+ serves .* already/);
  }
  // The first server is not affected.
  alice.send({ type: "send", id: 1, to: "alice", body: "still here" });
  expect(await alice.until("accepted")).toMatchObject({ state: "stored" });
  alice.socket.close();
});

test("the lock is released by the kernel when its holder ends, and a leftover lock file locks nothing", async () => {
  const root = folder();
  const held = spawn("flock", ["-n", join(root, ".lock"), "sh", "-c", "echo held; read line"]);
  await once(held.stdout, "data");
  expect(lock(root)).toEqual({ holder: "" });
  held.stdin.end();
  await once(held, "close");
  const { fd } = lock(root);
  expect(fd).toEqual(expect.any(Number));
  expect(readFileSync(join(root, ".lock"), "utf8")).toBe(String(process.pid));
  expect(lock(root)).toEqual({ holder: String(process.pid) });
});

test("the folder is free after SIGKILL to all processes, and locked after SIGKILL to the first process alone", async () => {
  const server = await start();
  const first = Number(readFileSync(join(server.folder, "mailboxes/.lock"), "utf8"));
  const workerd = Number(spawnSync("pgrep", ["-P", String(first)]).stdout.toString());
  process.kill(first, "SIGKILL");
  await expect(startServer(OPEN, ["--state", server.folder])).rejects.toThrow(`Process ${workerd} serves`);
  process.kill(workerd, "SIGKILL");
  while (existsSync(`/proc/${workerd}/exe`)) await new Promise((done) => setImmediate(done));
  await server.kill();
  await server.restart();
  expect(await (await fetch(`${server.url}/api/health`)).json()).toMatchObject({ status: "ok" });
});

test("[A6] a restart removes the empty files of unclaimed names, and keeps all files with content", async () => {
  const server = await start({ RATE_LIMIT: "off" });
  const claim = (userName: string) =>
    fetch(`${server.url}/api/accounts`, { method: "POST", body: JSON.stringify({ userName }) });
  const guess = (userName: string) =>
    fetch(`${server.url}/api/sign-in`, {
      method: "POST",
      body: JSON.stringify({ userName, code: "00000-00000-00000-00000-00000" }),
    });
  for (const name of ["alice", "bob", "carol"]) expect((await claim(name)).ok).toBe(true);
  for (let n = 0; n < 40; n++) expect((await guess(`nobody-${n}`)).status).toBe(401);
  // After SIGKILL all recent writes are in the WAL files.
  await server.kill();
  const before = tablesOf(server);
  const full = [...before].filter(([, tables]) => tables > 0).map(([name]) => name);
  expect(full.length).toBeGreaterThanOrEqual(3);
  expect(before.size - full.length).toBeGreaterThanOrEqual(40);
  await server.restart();
  expect(server.output).toContain(`Removed ${before.size - full.length} empty files`);
  expect(databases(server).toSorted()).toEqual(full.toSorted());
  for (const name of ["alice", "bob", "carol"]) expect((await claim(name)).status, name).toBe(409);
  expect(readdirSync(join(server.folder, "mailboxes/restante-Mailbox"))).toContain("metadata.sqlite");
});

test("the sweep keeps every file with another size, content, companion file, name or folder", () => {
  const root = folder();
  const kind = join(root, "restante-Mailbox");
  mkdirSync(kind);
  let count = 0;
  const fileOf = () => join(kind, `${String(++count).padStart(64, "0")}.sqlite`);
  const make = (...statements: string[]) => {
    const file = fileOf();
    using database = new DatabaseSync(file);
    for (const statement of ["PRAGMA journal_mode = WAL", ...statements]) database.exec(statement);
    return file;
  };
  const empty = make();
  // The file that bare workerd leaves: one empty page.
  using database = new DatabaseSync(empty);
  database.exec("CREATE TABLE t (a); DROP TABLE t; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const copy = () => {
    const file = fileOf();
    copyFileSync(empty, file);
    return file;
  };
  const table = make("CREATE TABLE t (a)");
  const view = make("CREATE VIEW v AS SELECT 1");
  const withWal = copy();
  writeFileSync(`${withWal}-wal`, "x");
  const withJournal = copy();
  writeFileSync(`${withJournal}-journal`, "x");
  const short = copy();
  truncateSync(short, 4_095);
  const nothing = fileOf();
  writeFileSync(nothing, "");
  const zeros = fileOf();
  writeFileSync(zeros, Buffer.alloc(4_096));
  const cell = copy();
  const page = readFileSync(cell);
  page.writeUInt16BE(1, 103);
  writeFileSync(cell, page);
  const other = join(kind, "metadata.sqlite");
  copyFileSync(empty, other);
  const beside = join(root, `${"f".repeat(64)}.sqlite`);
  copyFileSync(empty, beside);
  const kept = [table, view, withWal, withJournal, short, nothing, zeros, cell, other, beside];
  expect(sweep(root)).toBe(1);
  expect(existsSync(empty)).toBe(false);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
});
