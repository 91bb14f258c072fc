// Counts rows written, with the runtime's own counter.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";

/** Counts the rows that a mailbox writes from now on. */
export async function meter(name: string): Promise<() => number> {
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
