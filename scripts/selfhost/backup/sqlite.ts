// SQLite of Node.js, loaded only by the verbs that need it: `serve` runs on versions that have none.
import process from "node:process";

export type Sqlite = typeof import("node:sqlite");

/** SQLite, or null after a sentence about what is missing. */
export async function loadSqlite(): Promise<Sqlite | null> {
  try {
    // Without it, Node.js 22 warns on each run that SQLite is experimental.
    process.removeAllListeners("warning");
    const sqlite = await import("node:sqlite");
    if (typeof sqlite.backup === "function") return sqlite;
  } catch {
    // As below.
  }
  console.error(
    `backup and restore need Node.js 22.16 or newer; this is ${process.versions.node}. The archive of a release has one.`,
  );
  return null;
}
