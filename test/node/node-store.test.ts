// The store in an SQLite file beside the contract of all stores (test/client/stores): who may open the file, and what it
// deletes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { NEW_ROW } from "../../src/client/rows.ts";
import type { Commit, Entry, Position, Row, Store } from "../../src/client/store.ts";
import { nodeStore } from "../../src/node/node-store.ts";

const STORE = resolve(import.meta.dirname, "../../src/node/node-store.ts");
const SCHEMA = resolve(import.meta.dirname, "../../src/node/schema.ts");
const first: Position = { device: "d1", epoch: "e1", cursor: 0, base: 0, listed: true };

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "restante-store-"));
  file = join(folder, "bot.db");
  return () => rmSync(folder, { recursive: true });
});

/** A store that is open until the end of the test. */
async function opened(maxMessages = 100): Promise<Store> {
  const store = nodeStore(file, { maxMessages });
  await store.open("alice", first);
  onTestFinished(() => store.close());
  return store;
}

const received = (seq: number, more: Partial<Entry> = {}): Entry => {
  return { key: `${seq}`, seq, peer: "bob", from: "bob", at: 5, body: seq, ...more };
};
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => received(from + i));
const seqsOf = async (store: Store, limit = 10_000) => {
  const { entries, from } = await store.piece("bob", Infinity, limit);
  return [entries[0]?.seq, entries.at(-1)?.seq, entries.length, from];
};

test("a file that another process has open is refused with a reason, until that process is killed", async () => {
  const open = `const { nodeStore } = await import(process.argv[1]);
    await nodeStore(process.argv[2]).open("alice", { device: "d1" });
    console.log("open");
    setInterval(() => {}, 1e9);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", open, STORE, file]);
  onTestFinished(() => void other.kill("SIGKILL"));
  await once(other.stdout, "data");
  const store = nodeStore(file);
  await expect(store.open("alice", first)).rejects.toThrow(`${file} is open in another process`);
  const ended = once(other, "exit");
  other.kill("SIGKILL");
  await ended;
  expect((await store.open("alice", first)).position).toEqual({ device: "d1" });
  await store.close();
});

test("a file that this process has open is refused, and the store that has it goes on", async () => {
  const store = await opened();
  await expect(nodeStore(file).open("alice", first)).rejects.toThrow("is open in another process");
  await store.write({ entries: [received(1)] });
  expect(await seqsOf(store)).toEqual([1, 1, 1, 0]);
});

test("a store opened again by its client is the same", async () => {
  const store = await opened();
  await store.write({ position: { ...first, cursor: 4 } });
  expect((await store.open("alice", first)).position.cursor).toBe(4);
});

test("a file is the store of one server, user and device name", async () => {
  await (await opened()).close();
  await expect(nodeStore(file).open("carol", first)).rejects.toThrow(`is the store of "alice", not of "carol"`);
});

test.each([
  [
    "a later format",
    "PRAGMA application_id = 0x72737431; PRAGMA user_version = 2; CREATE TABLE a (b)",
    "of a later version",
  ],
  ["another program", "PRAGMA user_version = 1; CREATE TABLE a (b)", "is no store of Restante"],
  ["another program, without a version", "CREATE TABLE a (b)", "is no store of Restante"],
])("a database of %s is refused, and left as it is", async (_, sql, why) => {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
  await expect(nodeStore(file).open("alice", first)).rejects.toThrow(why);
  const after = new DatabaseSync(file);
  expect(after.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "a" }]);
  expect(after.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
  after.close();
});

test("a file that is no database, and a folder that is not there, are refused", async () => {
  writeFileSync(file, "something else, of more than one page of text ".repeat(100));
  await expect(nodeStore(file).open("alice", first)).rejects.toThrow(`${file} is no store of Restante.`);
  const missing = join(folder, "no/bot.db");
  const sentence = `${missing} can't be opened or made. Its folder has to exist, and to be writable.`;
  await expect(nodeStore(missing).open("alice", first)).rejects.toThrow(sentence);
});

test("a commit that fails is not written in part", async () => {
  const store = await opened();
  const commit = { entries: [received(1), { ...received(2), peer: undefined }] } as unknown as Commit;
  await expect(store.write(commit)).rejects.toThrow();
  expect(await seqsOf(store)).toEqual([undefined, undefined, 0, 0]);
  await store.write({ entries: [received(3)] });
  expect(await seqsOf(store)).toEqual([3, 3, 1, 0]);
});

test("a store is its file and a write-ahead log, without shared memory", async () => {
  const store = await opened();
  await store.write({ entries: [received(1)] });
  expect(readdirSync(folder).toSorted()).toEqual(["bot.db", "bot.db-wal"]);
});

test("[L8] what was removed is in no file of the store any more, also after a kill", async () => {
  const store = await opened();
  const last = received(2, { body: "a word that is removed" });
  const row: Row = { ...NEW_ROW, peer: "bob", last };
  const isThere = () => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes("a word that"));
  await store.write({ entries: [received(1), last], rows: [row] });
  expect(isThere()).toBe(true);
  const removed = { removed: [{ peer: "bob", from: 2, upTo: 2 }], rows: [{ ...row, last: received(1) }] };
  await store.write({ ...removed, entries: [received(3)] });
  expect(isThere()).toBe(false);
  expect(await seqsOf(store)).toEqual([1, 3, 2, 0]);
  // As a process leaves it that was killed after the transaction and before the rest.
  await store.write({ entries: [last] });
  const killed = `const { openDatabase, transaction } = await import(process.argv[1]);
    const db = openDatabase(process.argv[2]);
    transaction(db, () => db.exec("DELETE FROM entries WHERE seq = 2"));
    process.kill(process.pid, "SIGKILL");`;
  await store.close();
  await once(spawn(process.execPath, ["--input-type=module", "-e", killed, SCHEMA, file]), "exit");
  expect(isThere()).toBe(true);
  await store.open("alice", first);
  expect(isThere()).toBe(false);
});

test("close({ forget }) deletes its files alone, and is allowed twice", async () => {
  const store = await opened();
  writeFileSync(join(folder, "other"), "");
  await store.close(true);
  await store.close(true);
  expect(readdirSync(folder)).toEqual(["other"]);
  expect(existsSync(file)).toBe(false);
  await expect(store.piece("bob", 1, 1)).rejects.toThrow("the store is closed");
});

test("the oldest messages are deleted beyond maxMessages, and pages begin after them, also of older ones", async () => {
  const store = await opened(100);
  await store.write({ entries: span(1_000, 1_999) });
  expect(await seqsOf(store)).toEqual([1_900, 1_999, 100, 1_900]);
  await store.write({ past: { peer: "bob", from: 1, entries: span(1, 50) } });
  expect(await seqsOf(store)).toEqual([1_900, 1_999, 100, 1_900]);
  await store.close();
  expect(await seqsOf(await opened(100))).toEqual([1_900, 1_999, 100, 1_900]);
});

test("what an iteration has not taken stays beyond maxMessages until it is taken", async () => {
  const store = await opened(100);
  const arrivals = async () => (await store.arrivals?.(null, 10_000))?.map(({ entry }) => entry.seq) ?? [];
  expect(await arrivals()).toEqual([]);
  await store.write({ entries: span(1, 2_000) });
  expect(await arrivals()).toEqual(span(1, 2_000).map(({ seq }) => seq));
  await store.write({ taken: 4 });
  expect(await arrivals()).toEqual(span(5, 2_000).map(({ seq }) => seq));
  await store.write({ taken: 2_000 });
  await store.write({ entries: span(2_001, 4_000) });
  const db = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => db.close());
  expect(() => db.prepare("SELECT 1 FROM entries").get()).toThrow("locked");
  expect((await arrivals()).length).toBe(2_000);
  expect(await seqsOf(store)).toEqual([3_901, 4_000, 100, 3_901]);
});

test("the latest 100,000 send keys are remembered", async () => {
  const store = await opened();
  const batch = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const key = `${from + i}`;
      return { key, peer: "bob", at: 5, body: "", id: null, seq: null, failed: null, sendKey: key };
    });
  await store.write({ drafts: batch(0, 100_000) });
  expect(await store.written?.("0")).toBeDefined();
  await store.write({ drafts: batch(100_000, 1_000) });
  expect(await Promise.all(["0", "999", "1000"].map((key) => store.written?.(key)))).toEqual([
    undefined,
    undefined,
    expect.objectContaining({ key: "1000" }),
  ]);
});
