// The table of runs, and the view that shows it entry by entry.

/** Written once, when a log begins. */
export const RUN_TABLE = `CREATE TABLE run (seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, kind TEXT NOT NULL, peer TEXT NOT NULL, origin INTEGER, device TEXT,
    id INTEGER, at INTEGER NOT NULL, failed TEXT, body TEXT NOT NULL, notes TEXT)`;

/** Added with their first values: what is stored with a run, and the relation of its one message. */
export const ADD_COLUMN = {
  notes: "ALTER TABLE run ADD COLUMN notes TEXT",
  re: "ALTER TABLE run ADD COLUMN re TEXT",
} as const;
export type LaterColumn = keyof typeof ADD_COLUMN;
/** The statement that made the table, with the columns that were added since. */
export const TABLE_TEXT = "SELECT sql FROM sqlite_master WHERE name = 'run'";

/**
 * The entries one by one, as the table `entry` had them before there were runs: for code that a rollback brings back,
 * and for operators. `run` is the key of the row that holds the entry.
 */
export const ENTRY_VIEW = [
  `CREATE VIEW entry AS SELECT run.seq - run.count + 1 + part.key AS seq, run.kind, run.peer, run.origin - run.count + 1 + part.key AS origin,
    run.device, run.id - run.count + 1 + part.key AS id, run.at, CASE run.count WHEN 1 THEN run.failed
    ELSE json_extract(run.failed, '$."' || (run.seq - run.count + 1 + part.key) || '"') END AS failed, part.value AS body, run.seq AS run
    FROM run, json_each('["' || replace(replace(replace(run.body, '\\', '\\\\'), '"', '\\"'), char(30), '","') || '"]') AS part`,
  `CREATE TRIGGER entry_insert INSTEAD OF INSERT ON entry BEGIN
    INSERT INTO run (seq, count, kind, peer, origin, device, id, at, failed, body)
    VALUES (NEW.seq, 1, NEW.kind, NEW.peer, NEW.origin, NEW.device, NEW.id, NEW.at, NEW.failed, NEW.body); END`,
  `CREATE TRIGGER entry_update INSTEAD OF UPDATE ON entry BEGIN UPDATE run SET failed =
    CASE count WHEN 1 THEN NEW.failed ELSE json_set(coalesce(failed, '{}'), '$."' || OLD.seq || '"', NEW.failed) END
    WHERE seq = OLD.run; END`,
  `CREATE TRIGGER entry_delete INSTEAD OF DELETE ON entry WHEN OLD.seq = OLD.run BEGIN DELETE FROM run WHERE seq = OLD.run; END`,
] as const;

/** Turns the table `entry`, as it was before there were runs, into a table of runs of one entry each. */
export const MAKE_RUNS = [
  "ALTER TABLE entry RENAME TO run",
  "ALTER TABLE run ADD COLUMN count INTEGER NOT NULL DEFAULT 1",
] as const;
