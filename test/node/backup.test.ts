// Backups of databases that others write to, without a server: what is copied, what is not copied again, and what a
// restore refuses. test/stories/backup.test.ts has the same with a server and its clients.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sqlite from "node:sqlite";
import { afterAll, afterEach, expect, test } from "vitest";
import { copyDatabase } from "../../scripts/selfhost/backup/copy-database.ts";
import { stateOf } from "../../scripts/selfhost/backup/database-state.ts";
import { BUILT } from "../support/servers.ts";

const root = mkdtempSync(join(tmpdir(), "restante-backup-"));
const children: ChildProcess[] = [];
let count = 0;

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const fresh = () => join(root, String(++count));
const idOf = (n: number) => String(n).padStart(64, "0");

function run(...args: string[]) {
  return spawnSync(process.execPath, [join(BUILT, "restante.mjs"), ...args], { encoding: "utf8" });
}

/** A state folder with `size` mailboxes that have a row each, and workerd's list of alarms. */
function stateWith(size: number, format = 2): string {
  const state = fresh();
  const kind = join(state, "mailboxes/restante-Mailbox");
  mkdirSync(kind, { recursive: true });
  for (let n = 0; n < size; n++) write(state, n, "CREATE TABLE t (a)", `INSERT INTO t VALUES (${n})`);
  using alarms = new sqlite.DatabaseSync(join(kind, "metadata.sqlite"));
  alarms.exec(
    "CREATE TABLE _cf_ALARM (actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT) WITHOUT ROWID",
  );
  writeFileSync(join(state, "mailboxes/.format"), JSON.stringify({ format, version: "9.9.9" }));
  return state;
}

const fileOf = (state: string, n: number) => join(state, `mailboxes/restante-Mailbox/${idOf(n)}.sqlite`);

function write(state: string, n: number, ...statements: string[]): void {
  using database = new sqlite.DatabaseSync(fileOf(state, n));
  for (const statement of ["PRAGMA journal_mode = WAL", ...statements]) database.exec(statement);
}

function valuesOf(file: string): unknown[] {
  using database = new sqlite.DatabaseSync(file);
  return database
    .prepare("SELECT a FROM t")
    .all()
    .map((row) => row["a"]);
}

/** A process that moves one unit between two of a hundred rows, over and over, in a log that often begins anew. */
async function writer(file: string): Promise<void> {
  const program = `
    const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(${JSON.stringify(file)});
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 20");
    database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, filler TEXT)");
    for (let i = 0; i < 100; i++) database.prepare("INSERT INTO t VALUES (?, 100, ?)").run(i, "x".repeat(3000));
    const add = database.prepare("UPDATE t SET a = a + ? WHERE id = ?");
    console.log("ready");
    for (let i = 0; ; i++) {
      database.exec("BEGIN");
      add.run(1, (i * 37) % 100);
      add.run(-1, (i * 91 + 3) % 100);
      database.exec("COMMIT");
    }`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
}

test("each copy of a database that another process writes to is the database as of one commit", async () => {
  const file = join(root, "busy.sqlite");
  await writer(file);
  const states = new Set<string>();
  for (let i = 0; i < 25; i++) {
    const to = join(root, "busy.copy");
    states.add((await copyDatabase(sqlite, file, to))?.content ?? "");
    using copy = new sqlite.DatabaseSync(to);
    expect(copy.prepare("SELECT sum(a) AS total, count(*) AS rows FROM t").get()).toEqual({ total: 10_000, rows: 100 });
  }
  // The writer was writing.
  expect(states.size).toBeGreaterThan(10);
});

test("the state of a database is another one after each commit, and the same while nothing is committed", () => {
  const file = join(root, "state.sqlite");
  const content = () => stateOf(file)?.content;
  expect(content()).toBe(undefined);
  const database = new sqlite.DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)");
  const seen = new Set<unknown>();
  for (let i = 0; i < 200; i++) {
    database.exec(`INSERT INTO t VALUES (${i})`);
    const state = content();
    expect(seen.has(state)).toBe(false);
    seen.add(state);
    // A checkpoint moves what is there, and the next commit begins the log anew, in a file of the same size.
    if (i % 7 === 0) database.exec("PRAGMA wal_checkpoint(RESTART)");
    expect(content()).toBe(state);
  }
  database.close();
  expect(seen.has(content())).toBe(false);
});

test("a second backup copies only what has changed, and both can be restored", () => {
  const [state, into] = [stateWith(12), fresh()];
  expect(run("backup", into, "--state", state).stdout).toMatch(/13 databases, .* 13 copied, 0 unchanged/);
  expect(run("backup", into, "--state", state).stdout).toMatch(/13 databases, .* 0 copied, 13 unchanged/);
  write(state, 3, "INSERT INTO t VALUES (33)");
  expect(run("backup", into, "--state", state).stdout).toMatch(/13 databases, .* 1 copied, 12 unchanged/);
  const [first = ""] = readdirSync(join(into, "backups")).map((name) => name.replace(".json", ""));
  for (const [flags, values] of [
    [[], [3, 33]],
    [["--at", first], [3]],
  ] as const) {
    const to = fresh();
    expect(run("restore", into, "--state", to, ...flags)).toMatchObject({ status: 0, stderr: "" });
    expect(valuesOf(fileOf(to, 3))).toEqual(values);
    expect(valuesOf(fileOf(to, 11))).toEqual([11]);
    expect(readFileSync(join(to, "mailboxes/.format"), "utf8")).toContain('"format":2');
  }
});

test("an interrupted backup is none, and the next one goes on where it ended", async () => {
  const [state, into] = [stateWith(60), fresh()];
  const child = spawn(process.execPath, [join(BUILT, "restante.mjs"), "backup", into, "--state", state]);
  children.push(child);
  const partial = join(into, "partial.jsonl");
  while (!existsSync(partial) || readFileSync(partial, "utf8").split("\n").length < 3)
    await new Promise((done) => setImmediate(done));
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(run("restore", into, "--state", fresh())).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/no complete backup/),
  });
  const copied = readFileSync(partial, "utf8").trimEnd().split("\n").length;
  expect(copied).toBeLessThan(61);
  const next = run("backup", into, "--state", state);
  const [, again = "", unchanged = ""] = /(\d+) copied, (\d+) unchanged/.exec(next.stdout) ?? [];
  expect(Number(again) + Number(unchanged)).toBe(61);
  // A copy that was made but not noted when the process ended is made again.
  expect(copied - Number(unchanged)).toBeLessThanOrEqual(1);
  expect(run("restore", into, "--check")).toMatchObject({ status: 0, stdout: expect.stringMatching(/intact: 61/) });
});

test("--keep removes old backups and the files that only they name; without it all are kept", () => {
  const [state, into] = [stateWith(3), fresh()];
  for (let i = 0; i < 4; i++) {
    expect(run("backup", into, "--state", state).status).toBe(0);
    write(state, 1, `INSERT INTO t VALUES (${100 + i})`);
  }
  expect(readdirSync(join(into, "backups"))).toHaveLength(4);
  const files = () => readdirSync(join(into, "objects/restante-Mailbox"));
  expect(files()).toHaveLength(4 + 3);
  expect(run("backup", into, "--state", state, "--keep", "2")).toMatchObject({ status: 0 });
  expect(readdirSync(join(into, "backups"))).toHaveLength(2);
  expect(files()).toHaveLength(4 + 1);
  expect(run("restore", into, "--check").status).toBe(0);
  expect(run("backup", into, "--state", state, "--keep", "0")).toMatchObject({ status: 2 });
});

test("a damaged mailbox is named, and keeps its former copy; the others are backed up", () => {
  const [state, into] = [stateWith(4), fresh()];
  expect(run("backup", into, "--state", state).status).toBe(0);
  write(state, 0, "INSERT INTO t VALUES (77)");
  writeFileSync(fileOf(state, 2), "this is no database any more, but longer than a header".repeat(200));
  const next = run("backup", into, "--state", state);
  expect(next).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`Damaged, so the backup has no present copy: restante-Mailbox/${idOf(2)}`),
  });
  const to = fresh();
  expect(run("restore", into, "--state", to)).toMatchObject({ status: 0, stderr: expect.stringMatching(/older copy/) });
  expect([0, 2].map((n) => valuesOf(fileOf(to, n)))).toEqual([[0, 77], [2]]);
});

test("a restore sets the alarm of each mailbox, as its own copy has it, and no other", () => {
  const [state, into, to] = [stateWith(3), fresh(), fresh()];
  const alarmOf = (n: number, at: string) =>
    write(
      state,
      n,
      "CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)",
      `INSERT INTO _cf_METADATA VALUES (1, ${at})`,
    );
  alarmOf(0, "1796062278892000001");
  alarmOf(1, "1796062278892000002");
  using alarms = new sqlite.DatabaseSync(join(state, "mailboxes/restante-Mailbox/metadata.sqlite"));
  alarms.exec(`INSERT INTO _cf_ALARM VALUES ('${idOf(1)}', 5, 'bob'), ('${idOf(2)}', 6, 'carol')`);
  expect(run("backup", into, "--state", state).status).toBe(0);
  expect(run("restore", into, "--state", to).status).toBe(0);
  using restored = new sqlite.DatabaseSync(join(to, "mailboxes/restante-Mailbox/metadata.sqlite"));
  const rows = restored.prepare("SELECT actor_id, CAST(scheduled_time AS TEXT) AS at, actor_name FROM _cf_ALARM").all();
  expect(rows).toEqual([
    { actor_id: idOf(0), at: "1796062278892000001", actor_name: null },
    { actor_id: idOf(1), at: "1796062278892000002", actor_name: "bob" },
  ]);
});

test("a restore changes nothing if a file is damaged or missing, a mailbox is there, or the backup is too new", () => {
  const [state, into, to] = [stateWith(3), fresh(), fresh()];
  run("backup", into, "--state", state);
  const refused = (why: RegExp, folder = to) => {
    const found = run("restore", into, "--state", folder);
    expect(found).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(why) });
    expect(found.stderr).not.toMatch(/\n\s+at /);
  };
  const databases = () => readdirSync(join(state, "mailboxes/restante-Mailbox")).toSorted();
  const before = databases();
  refused(/has mailboxes\. Move it away/, state);
  expect(databases()).toEqual(before);

  const folder = join(into, "objects/restante-Mailbox");
  const [file = ""] = readdirSync(folder);
  const content = readFileSync(join(folder, file));
  const changed = Buffer.from(content);
  changed.writeUInt8(changed.readUInt8(5_000) ^ 1, 5_000);
  writeFileSync(join(folder, file), changed);
  refused(/missing or has changed\. Nothing was restored/);
  expect(run("restore", into, "--check")).toMatchObject({ status: 1, stderr: expect.stringContaining(file) });
  renameSync(join(folder, file), join(folder, "away"));
  refused(/missing or has changed/);
  expect(existsSync(join(to, "mailboxes/restante-Mailbox"))).toBe(false);
  expect(readdirSync(to)).toEqual(["mailboxes"]);
  writeFileSync(join(folder, file), content);

  const [name = ""] = readdirSync(join(into, "backups"));
  const manifest = readFileSync(join(into, "backups", name), "utf8");
  const replace = (from: string, by: string) => writeFileSync(join(into, "backups", name), manifest.replace(from, by));
  replace('"format": 2', '"format": 99');
  refused(/version 9\.9\.9, in format 99; this version reads formats up to 2/);
  replace('"form": 1', '"form": 2');
  refused(/made by a newer version/);
  replace("", "");
  truncateSync(join(into, "backups", name), 400);
  refused(/can't be read/);
  replace("", "");
  expect(run("restore", into, "--state", to)).toMatchObject({ status: 0 });
});

test("a backup refuses mailboxes of a format that this version does not know, and a folder among the mailboxes", () => {
  const newer = run("backup", fresh(), "--state", stateWith(1, 99));
  expect(newer).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/format 99; this version reads formats up to 2/),
  });
  const state = stateWith(1);
  expect(run("backup", join(state, "mailboxes/copies"), "--state", state)).toMatchObject({ status: 1 });
  expect(run("backup", "--state", state)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/It takes one folder/),
  });
  expect(run("backup", fresh(), "--state", fresh())).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/has no mailboxes/),
  });
});
