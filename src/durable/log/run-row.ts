// How a run of entries lies in one row: the numbers are those of the last entry, the bodies are joined, and the codes
// of failed entries are one JSON text.
import { readRelation } from "../../protocol/relation.ts";
import type { Entry, Head } from "./entry.ts";

/** Between the bodies of a run (RS, as in RFC 7464): the JSON texts that are stored have no such character. */
const SEPARATOR = "\u001E";

/** Seqs bound as one list. Answers: a text of more bytes than a statement takes. */
const MAX_BOUND_SEQS = 10_000;

/** The columns of every table of runs, without the bodies. */
export const HEAD_COLUMNS = "seq, count, kind, peer, origin, device, id, at, failed";

/** The rows that contain these seqs, which are bound as a JSON list. The caller names the columns. */
export const ROWS_CONTAINING = `FROM run WHERE seq IN
  (SELECT (SELECT min(run.seq) FROM run WHERE run.seq >= value) FROM json_each(?))`;

/**
 * A row without its bodies. `failed`: the code of one entry, or, of several entries, codes by seq as JSON. `re`: the
 * relation of its one entry, as text; absent where the table has no such column.
 */
export type HeadRow = Omit<Head, "re"> & { readonly count: number; readonly re?: string | null };
export type RunRow = HeadRow & { readonly body: string };

/** The entries of a row, without bodies, oldest first. */
export function headsOf(row: HeadRow): readonly Head[] {
  return withRelation(row, expandRun(row, []));
}

/** The entries of a row, oldest first. */
export function entriesOf(row: RunRow): readonly Entry[] {
  const bodies = row.count === 1 ? [row.body] : row.body.split(SEPARATOR);
  if (bodies.length !== row.count) throw new Error(`the row ${row.seq} has ${bodies.length} bodies of ${row.count}`);
  return withRelation(row, expandRun(row, bodies));
}

/** Only a row of one entry has a relation. */
function withRelation({ re: text }: HeadRow, entries: readonly Entry[]): readonly Entry[] {
  const re = readRelation(text);
  return re === undefined ? entries : entries.map((entry) => ({ ...entry, re }));
}

/** The bodies of a run as one text. */
export function joinBodies(run: readonly Entry[]): string {
  return run.map(({ body }) => body).join(SEPARATOR);
}

/** The column `failed` of a row: the codes that it has, and `added` ones by seq. */
export function failedText(row: HeadRow, added: ReadonlyMap<number, string>): string | null {
  return codesText(headsOf(row).map(({ seq, failed }) => ({ seq, failed: added.get(seq) ?? failed })));
}

/** The column `failed` of a row with these entries. */
export function codesText(run: readonly Pick<Head, "seq" | "failed">[]): string | null {
  if (run.length === 1) return run[0]?.failed ?? null;
  const codes = run.filter(({ failed }) => failed !== null);
  return codes.length === 0 ? null : JSON.stringify(Object.fromEntries(codes.map(({ seq, failed }) => [seq, failed])));
}

/** Lists of seqs, each short enough to be bound. */
export function boundLists(seqs: readonly number[]): readonly number[][] {
  return chunks(seqs, MAX_BOUND_SEQS);
}

export function chunks(seqs: readonly number[], size: number): readonly number[][] {
  return Array.from({ length: Math.ceil(seqs.length / size) }, (_, i) => seqs.slice(i * size, (i + 1) * size));
}

function expandRun(
  { seq, count, kind, peer, origin, device, id, at, failed }: HeadRow,
  bodies: readonly string[],
): Entry[] {
  const codes = count === 1 || failed === null ? null : (JSON.parse(failed) as Record<number, string>);
  const entries: Entry[] = [];
  for (let back = count - 1; back >= 0; back--) {
    entries.push({
      seq: seq - back,
      kind,
      peer,
      origin: origin === null ? null : origin - back,
      device,
      id: id === null ? null : id - back,
      at,
      failed: count === 1 ? failed : (codes?.[seq - back] ?? null),
      body: bodies[entries.length] ?? "",
    });
  }
  return entries;
}
