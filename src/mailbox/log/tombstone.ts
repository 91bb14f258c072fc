// What is left of a mailbox that was erased: the word that its name was somebody's. It is written in two steps. First all tables are
// dropped and it is written, in one transaction: from then on nobody gets the name. Then the file itself is thrown away, because free
// pages keep what was in them, and it is written into the new one. Whoever finds the first step alone does the second.
import { Sql } from "../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE tombstone (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, clean INTEGER NOT NULL DEFAULT 0)";
const EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'tombstone'";

/** `clean`: whether the file was thrown away. Code of before wrote none. */
interface Row {
  readonly at: number;
  readonly clean?: number;
}

/** Whether this mailbox was erased. */
export function isErased(sql: Sql): boolean {
  return sql.row(EXISTS) !== undefined;
}

/** Drops everything, and says so. To be done in a transaction of its own. */
export function bury(sql: Sql): void {
  sql.run("DROP VIEW IF EXISTS entry");
  const tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'";
  for (const { name } of sql.rows<{ name: string }>(tables)) sql.run(`DROP TABLE ${name}`);
  write(sql, Date.now(), 0);
}

/** Whether the file of an erased mailbox is still the one that it had. */
export function isUnclean(sql: Sql): boolean {
  return isErased(sql) && sql.row<Row>("SELECT * FROM tombstone")?.clean !== 1;
}

/**
 * Throws the file of an erased mailbox away. On Cloudflare that and the new tombstone are one commit. In bare workerd the file is deleted
 * at once, and the tombstone follows with the commit of this event: until then the census says that the name is taken.
 */
export function clean(storage: DurableObjectStorage): void {
  const sql = new Sql(storage.sql);
  const row = sql.row<Row>("SELECT * FROM tombstone");
  if (row === undefined || row.clean === 1) return;
  // It acts at once; what it promises is only that the commit was done, for which the output gate waits anyway.
  storage.deleteAll().catch(() => undefined);
  if (!isErased(sql)) write(sql, row.at, 1);
}

function write(sql: Sql, at: number, isClean: 0 | 1): void {
  sql.run(TABLE);
  sql.run("INSERT INTO tombstone (one, at, clean) VALUES (1, ?, ?)", at, isClean);
}
