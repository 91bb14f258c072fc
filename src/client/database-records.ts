// Transactions on the database of a browser: reading all records or a page of a conversation, and writing a commit. It
// knows records; no tab, and nothing of what they mean.
import { DELETED_TERM, endOf, POSITION_KEY, resultOf, STORES, TERM_KEY } from "./database.ts";
import type { Commit, Draft, Entry, Kept, Past, Piece, Position, Read, Row } from "./store.ts";

/** Object stores whose records a commit has under the same name. */
const SAME_NAME = ["rows", "entries", "drafts", "reads"] as const;

/** What a transaction that writes finds: the term of its leader, that of another one, or no records. */
type FoundTerm = "same" | "other" | "deleted" | "none";

/** The records are not those of the last transaction: deleted by the browser, or another tab leads. */
export class Superseded extends Error {
  readonly found: FoundTerm;

  constructor(found: FoundTerm) {
    super("the store has other records by now");
    this.found = found;
  }
}

/**
 * Reads all records but entries. A leader begins the next term; where the records are gone, it stores those that it had
 * shown, `last`.
 */
export async function readRecords(
  db: IDBDatabase,
  first: Position,
  last: Kept | undefined,
  isLeading: boolean,
): Promise<Kept & { readonly term: number }> {
  const tx = db.transaction(STORES, "readwrite");
  const end = endOf(tx);
  // Where a request fails, this throws its error.
  end.catch(() => undefined);
  const [about, rows, drafts, reads] = ["about", "rows", "drafts", "reads"].map((name) => tx.objectStore(name)) as [
    IDBObjectStore,
    IDBObjectStore,
    IDBObjectStore,
    IDBObjectStore,
  ];
  const found = about.get(POSITION_KEY) as IDBRequest<Position | undefined>;
  let term = ((await resultOf(about.get(TERM_KEY))) as number | undefined) ?? 0;
  let position = found.result ?? first;
  term = Math.max(isLeading ? term + 1 : term, 0);
  if (isLeading && last !== undefined && position.epoch === null && last.position.epoch !== null) {
    position = withoutEntries(last.position);
    for (const row of last.rows) rows.put(row);
    for (const draft of last.drafts) drafts.put(draft);
  }
  about.put(position, POSITION_KEY);
  about.put(term, TERM_KEY);
  const all = [rows.getAll(), drafts.getAll(), reads.getAll()] as const;
  await end;
  const [allRows, allDrafts, allReads] = all;
  return {
    position,
    term,
    rows: allRows.result as Row[],
    drafts: allDrafts.result as Draft[],
    reads: allReads.result as Read[],
  };
}

/** The latest `limit` messages of a conversation before a seq. */
export async function readPiece(db: IDBDatabase, peer: string, before: number, limit: number): Promise<Piece> {
  const tx = db.transaction(["about", "entries", "past"]);
  const found = tx.objectStore("about").get(POSITION_KEY) as IDBRequest<Position | undefined>;
  const past = (await resultOf(tx.objectStore("past").get(peer))) as Past | undefined;
  // Requests of a transaction end in their order.
  const from = past?.from ?? found.result?.base ?? Infinity;
  const entries: Entry[] = [];
  if (from < before) {
    const range = IDBKeyRange.bound([peer, from], [peer, before], false, true);
    const request = tx.objectStore("entries").openCursor(range, "prev");
    let cursor = await resultOf(request);
    while (cursor !== null && entries.length < limit) {
      entries.push(cursor.value as Entry);
      cursor.continue();
      cursor = await resultOf(request);
    }
  }
  return { entries: entries.toReversed(), from };
}

/** Writes a commit; as the leader of a term only in that term. Throws `Superseded` where the records are others. */
export async function writeCommit(db: IDBDatabase, commit: Commit, term: number | null): Promise<void> {
  const tx = db.transaction(STORES, "readwrite", { durability: "strict" });
  const end = endOf(tx);
  const about = tx.objectStore("about");
  const entries = tx.objectStore("entries");
  let foundTerm: FoundTerm = "same";
  const found = about.get(TERM_KEY) as IDBRequest<number | undefined>;
  found.addEventListener("success", () => {
    foundTerm = compare(found.result, term);
    if (foundTerm !== "same") tx.abort();
  });
  if (commit.position) about.put(commit.position, POSITION_KEY);
  for (const name of SAME_NAME) {
    const store = tx.objectStore(name);
    for (const record of commit[name] ?? []) store.put(record);
  }
  for (const { peer, from, upTo } of commit.removed ?? [])
    entries.delete(IDBKeyRange.bound([peer, from], [peer, upTo]));
  for (const key of commit.settled ?? []) tx.objectStore("drafts").delete(key);
  for (const peer of commit.told ?? []) tx.objectStore("reads").delete(peer);
  if (commit.past) putPast(tx, commit.past);
  for (const { seq, ...failed } of commit.failures ?? []) {
    const entry = entries.index("seq").get(seq) as IDBRequest<Entry | undefined>;
    entry.addEventListener("success", () => entry.result && entries.put({ ...entry.result, failed }));
  }
  try {
    await end;
  } catch (error) {
    throw foundTerm === "same" ? error : new Superseded(foundTerm);
  }
}

/** Adds older messages; those that are known may have failed since. */
function putPast(tx: IDBTransaction, { peer, from, entries }: Past): void {
  const store = tx.objectStore("entries");
  for (const entry of entries) {
    const known = store.getKey([peer, entry.seq]);
    known.addEventListener("success", () => known.result === undefined && store.put(entry));
  }
  tx.objectStore("past").put({ peer, from });
}

function compare(found: number | undefined, term: number | null): FoundTerm {
  if (found === undefined) return "none";
  if (found === DELETED_TERM) return "deleted";
  return term === null || term === found ? "same" : "other";
}

/** The position of a device that lost its entries: those up to the cursor are only in the mailbox. */
export function withoutEntries(position: Position): Position {
  const { cursor, base } = position;
  return { ...position, base: cursor === null ? base : cursor + 1 };
}
