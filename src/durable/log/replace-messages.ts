// Replaces messages in the log by tombstones: entries of another kind in the same places, without bodies. The numbers
// stay, so that a repeated delivery or send still finds them; code of before the kind passes over them.
//
// The database has no way to overwrite what it deletes (`PRAGMA secure_delete` is not authorized in workerd, tried
// 2026-11). So a row is first written again with as many bytes, which SQLite does in place (`btreeOverwriteCell`), and
// shortened then. Where it is shortened SQLite may move the neighbours to other pages, and leaves copies of them behind:
// so a message that its author takes back leaves its row as large as it was.
import type { Entry } from "./entry.ts";
import { isMessage, type Tombstone } from "./kinds.ts";
import type { RunColumns } from "./run-columns.ts";
import { codesText, entriesOf, joinBodies, type RunRow } from "./run-row.ts";
import type { Sql } from "./sql.ts";
import { utf8Bytes } from "../../protocol/limits.ts";

/** The body of a tombstone. Code that does not know its kind reads it as JSON. */
const NO_BODY = "null";

type Row = RunRow & { readonly notes?: string | null };

export interface Replacement {
  readonly kind: Tombstone;
  /** Which messages are replaced. */
  readonly includes: (entry: Entry) => boolean;
  /** Whether a row of one message keeps its size: one write in place, and no bytes are freed. */
  readonly keepsSize: boolean;
  /** What the first part of a row that is split keeps of the notes of the row; the last part keeps all of them. */
  readonly firstNotesOf: (notes: string) => string | null;
}

/** Replaces messages in the row with this key. Returns the tombstones, and the UTF-16 units of the row. */
export function replaceMessages(
  sql: Sql,
  key: number,
  { kind, includes, keepsSize, firstNotesOf }: Replacement,
  tableColumns: RunColumns,
): { readonly tombstones: readonly Entry[]; readonly units: number } {
  const hasNotes = tableColumns.has("notes");
  const columns = `${tableColumns.heads}, body${hasNotes ? ", notes" : ""}`;
  const row = sql.row<Row>(`SELECT ${columns} FROM run WHERE seq = ?`, key);
  const units = row?.body.length ?? 0;
  // A row is of one kind.
  if (row === undefined || !isMessage(row.kind)) return { tombstones: [], units };
  const entries = entriesOf(row).map((entry) => (includes(entry) ? tombstoneOf(entry, kind) : entry));
  const tombstones = entries.filter((entry) => entry.kind === kind);
  if (tombstones.length === 0) return { tombstones, units };
  const padded = keepsSize ? paddedBody(row, kind) : null;
  if (padded !== null) {
    sql.run("UPDATE run SET kind = ?, body = ? WHERE seq = ?", kind, padded, row.seq);
    return { tombstones, units };
  }
  sql.run("UPDATE run SET body = ? WHERE seq = ?", "0".repeat(utf8Bytes(row.body)), row.seq);
  writeParts(sql, row, partsOf(entries), hasNotes ? firstNotesOf : null);
  return { tombstones, units };
}

/**
 * The body of a tombstone with which the record of the row has as many bytes as before; null if there is none. A record
 * has the number of bytes of each text in its head, in one to three bytes (sqlite.org/fileformat2.html, 2.1).
 */
function paddedBody({ count, kind: before, failed, body }: Row, kind: Tombstone): string | null {
  if (count > 1 || failed !== null) return null;
  const [bytes, added] = [utf8Bytes(body), kind.length - before.length];
  for (const length of [bytes - added, bytes - added + 1]) {
    const change = added + length - bytes + sizeInHead(length) - sizeInHead(bytes);
    if (change === 0 && length >= NO_BODY.length) return NO_BODY.padEnd(length);
  }
  return null;
}

function sizeInHead(bytes: number): number {
  const type = 2 * bytes + 13;
  return type < 128 ? 1 : type < 16_384 ? 2 : 3;
}

function tombstoneOf(entry: Entry, kind: Tombstone): Entry {
  return { ...entry, kind, failed: null, body: NO_BODY };
}

/** Neighbours of one kind. */
function partsOf(entries: readonly Entry[]): readonly Entry[][] {
  const parts: Entry[][] = [];
  for (const entry of entries) {
    const part = parts.at(-1);
    if (part?.[0]?.kind === entry.kind) part.push(entry);
    else parts.push([entry]);
  }
  return parts;
}

/** The last part stays in the row, whose key is its seq. */
function writeParts(
  sql: Sql,
  row: Row,
  parts: readonly Entry[][],
  firstNotesOf: Replacement["firstNotesOf"] | null,
): void {
  for (const [i, part] of parts.entries()) {
    const last = part.at(-1);
    if (last === undefined) continue;
    const { seq, kind, peer, origin, device, id, at } = last;
    const [failed, body] = [codesText(part), joinBodies(part)];
    if (i === parts.length - 1) {
      const update = "UPDATE run SET count = ?, kind = ?, failed = ?, body = ? WHERE seq = ?";
      sql.run(update, part.length, kind, failed, body, row.seq);
      continue;
    }
    const insert = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, failed, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    sql.run(insert, seq, part.length, kind, peer, origin, device, id, at, failed, body);
    const notes = i === 0 && typeof row.notes === "string" ? (firstNotesOf?.(row.notes) ?? null) : null;
    if (notes !== null) sql.run("UPDATE run SET notes = ? WHERE seq = ?", notes, seq);
  }
}
