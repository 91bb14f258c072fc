// The folder of `npm run selfhost`: one server for one folder, whatever path leads there, and no files of names that nobody has.
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
import { open } from "../support/people.ts";
import { OPEN, type Server, startSelfhost } from "../support/servers.ts";

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
  const server = await startSelfhost(variables);
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

test("a second server of the same folder does not start, whatever path leads there", async () => {
  const server = await start();
  const alice = await open(server.url, "alice");
  const link = join(folder(), "link");
  symlinkSync(server.folder, link);
  const deep = folder();
  symlinkSync(join(server.folder, "mailboxes"), join(deep, "mailboxes"));
  for (const path of [server.folder, link, `${server.folder}/./`, deep]) {
    await expect(startSelfhost(OPEN, ["--state", path]), path).rejects.toThrow(/Process \d+ serves .* already/);
  }
  // And the first one is none the worse for it.
  alice.send({ type: "send", id: 1, to: "alice", body: "still here" });
  expect(await alice.until("accepted")).toMatchObject({ state: "stored" });
  alice.line.close();
});

test("the lock is the kernel's: it ends with whoever has it, and a file that was left behind is none", async () => {
  const place = folder();
  const held = spawn("flock", ["-n", join(place, ".lock"), "sh", "-c", "echo held; read line"]);
  await once(held.stdout, "data");
  expect(lock(place)).toEqual({ holder: "" });
  held.stdin.end();
  await once(held, "close");
  const { fd } = lock(place);
  expect(fd).toEqual(expect.any(Number));
  expect(readFileSync(join(place, ".lock"), "utf8")).toBe(String(process.pid));
  expect(lock(place)).toEqual({ holder: String(process.pid) });
});

test("after SIGKILL to everything the folder is free, and after SIGKILL to the first process alone it is not", async () => {
  const server = await start();
  const first = Number(readFileSync(join(server.folder, "mailboxes/.lock"), "utf8"));
  const workerd = Number(spawnSync("pgrep", ["-P", String(first)]).stdout.toString());
  process.kill(first, "SIGKILL");
  await expect(startSelfhost(OPEN, ["--state", server.folder])).rejects.toThrow(`Process ${workerd} serves`);
  process.kill(workerd, "SIGKILL");
  while (existsSync(`/proc/${workerd}/exe`)) await new Promise((done) => setImmediate(done));
  await server.kill();
  await server.restart();
  expect(await (await fetch(`${server.url}/api/health`)).json()).toMatchObject({ status: "ok" });
});

test("[A6] names that nobody has leave no file behind once the server starts again, and whatever has content stays", async () => {
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
  // SIGKILL: of what is new, everything is in the files beside the databases.
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

test("in doubt a file stays: another size, another form, something beside it, another name", () => {
  const place = folder();
  const kind = join(place, "restante-Mailbox");
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
  // What bare workerd leaves: a page, and nothing in it.
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
  const beside = join(place, `${"f".repeat(64)}.sqlite`);
  copyFileSync(empty, beside);
  const stays = [table, view, withWal, withJournal, short, nothing, zeros, cell, other, beside];
  expect(sweep(place)).toBe(1);
  expect(existsSync(empty)).toBe(false);
  expect(stays.filter((file) => !existsSync(file))).toEqual([]);
});
