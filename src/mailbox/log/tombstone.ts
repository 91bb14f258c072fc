// The tombstone of an erased mailbox, so that no other account gets its name. Erasure has two steps. First one
// transaction drops all tables and writes the tombstone. Then the file itself is deleted, because its free pages still
// contain the erased rows, and the tombstone is written into the new file. A wake that finds only the first step done
// does the second.
import { Sql } from "../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE tombstone (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, clean INTEGER NOT NULL DEFAULT 0)";
const EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'tombstone'";

/** `clean`: whether the file was deleted. Older code has no such column. */
interface Row {
  readonly at: number;
  readonly clean?: number;
}

/** Whether this mailbox was erased. */
export function isErased(sql: Sql): boolean {
  return sql.row(EXISTS) !== undefined;
}

/** Drops all tables and writes the tombstone. To be done in a transaction of its own. */
export function eraseTables(sql: Sql): void {
  sql.run("DROP VIEW IF EXISTS entry");
  const tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'";
  for (const { name } of sql.rows<{ name: string }>(tables)) sql.run(`DROP TABLE ${name}`);
  write(sql, Date.now(), 0);
}

/** Whether an erased mailbox still has its old file. */
export function hasOldFile(sql: Sql): boolean {
  return isErased(sql) && sql.row<Row>("SELECT * FROM tombstone")?.clean !== 1;
}

/**
 * Deletes the file of an erased mailbox. On Cloudflare the deletion and the new tombstone are one commit. In bare
 * workerd the file is deleted at once, and the tombstone follows with the commit of this event: until then the census
 * says that the name is taken.
 */
export function deleteFile(storage: DurableObjectStorage): void {
  const sql = new Sql(storage.sql);
  const row = sql.row<Row>("SELECT * FROM tombstone");
  if (row === undefined || row.clean === 1) return;
  // It acts at once. Its promise only says that the commit was done, for which the output gate waits anyway.
  storage.deleteAll().catch(() => undefined);
  if (!isErased(sql)) write(sql, row.at, 1);
}

function write(sql: Sql, at: number, isClean: 0 | 1): void {
  sql.run(TABLE);
  sql.run("INSERT INTO tombstone (one, at, clean) VALUES (1, ?, ?)", at, isClean);
}
