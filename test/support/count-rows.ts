// Counts the rows that are written and read, with the runtime's own counters.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";

/** Counts the rows that a mailbox writes; the returned function gives the number since its last call. */
export async function countRowsWritten(name: string): Promise<() => number> {
  let rows = 0;
  await runInDurableObject(env.MAILBOX.getByName(name), (_, state) => {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      rows += cursor.rowsWritten;
      return cursor;
    }) as typeof sql.exec;
  });
  return () => {
    const counted = rows;
    rows = 0;
    return counted;
  };
}

/** Wraps a database; `rows` gives the rows read and written through it since its last call. */
export function countRows(sql: SqlStorage): { sql: SqlStorage; rows(): { read: number; written: number } } {
  let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...bindings: unknown[]) => {
    const cursor = sql.exec(query, ...bindings);
    cursors.push(cursor);
    return cursor;
  };
  const counted = {
    exec,
    get databaseSize() {
      return sql.databaseSize;
    },
  } as unknown as SqlStorage;
  const rows = () => {
    const read = cursors.reduce((all, { rowsRead }) => all + rowsRead, 0);
    const written = cursors.reduce((all, { rowsWritten }) => all + rowsWritten, 0);
    cursors = [];
    return { read, written };
  };
  return { sql: counted, rows };
}
