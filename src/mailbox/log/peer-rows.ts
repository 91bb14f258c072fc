// The rows of the peers: in memory once they were needed, written once a group, and the marks in the order of their change. What is asked
// of all of them is answered from the summary where that can be, and else from the whole table.
import type { SkippedRanges } from "./skipped-ranges.ts";
import { TailCache } from "../../durable/log/tail-cache.ts";
import type { Peer } from "./schema.ts";
import { SeqRanges } from "../../durable/log/seq-ranges.ts";
import { upsert, type Sql } from "../../durable/log/sql.ts";
import type { PeerSummary } from "./summary.ts";

/** Changes of marks kept in memory for the live path. */
const RECENT_MARKS = 10_000;

/** A peer as it stands in its table. */
export type PeerRow = Omit<Peer, "page"> & { readonly page: string; readonly jumps?: string | null };

export class PeerRows {
  readonly #sql: Sql;
  readonly #jumps: SkippedRanges;
  readonly #next: () => number;
  readonly #known = new Map<string, Peer>();
  /** Their rows are written with the group. */
  readonly #dirty = new Set<Peer>();
  /** Those that may wait: what the peer has moved, and the change has no seq yet. */
  readonly #late = new Set<Peer>();
  /** Those whose rows may lack what the tail of the log tells, for as long as it does. */
  readonly #ahead = new Set<Peer>();
  #marks: TailCache<{ seq: number; peer: Peer }>;
  readonly #summary: PeerSummary;

  /** `next` gives the next seq; everything after `head` is yet to come. `rows`: those that the summary has read. */
  constructor(
    sql: Sql,
    head: number,
    jumps: SkippedRanges,
    next: () => number,
    summary: PeerSummary,
    rows: readonly PeerRow[] = [],
  ) {
    this.#sql = sql;
    this.#jumps = jumps;
    this.#next = next;
    this.#summary = summary;
    this.#marks = new TailCache(head, RECENT_MARKS, () => 1);
    for (const row of rows) this.#take(row);
  }

  /** The highest mark, as far as a wake can know: once the tail was read. */
  get marked(): number {
    let { marked } = this.#summary;
    for (const { mark } of this.#named()) marked = Math.max(marked, mark);
    return marked;
  }

  /** Everything after `head` is yet to come. */
  startAt(head: number): void {
    this.#marks = new TailCache(head, RECENT_MARKS, () => 1);
  }

  /** The row of a peer; a fresh one for somebody new. */
  get(name: string): Peer {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#sql.row<PeerRow>("SELECT * FROM peer WHERE name = ?", name);
    if (row !== undefined) return this.#take(row);
    const peer = freshPeer(name);
    this.#known.set(name, peer);
    return peer;
  }

  /** Whether anything was ever exchanged with this peer; leaves no trace of a stranger's name. */
  has(name: string): boolean {
    const known = this.#known.get(name) ?? this.#sql.row<Peer>("SELECT last FROM peer WHERE name = ?", name);
    return known !== undefined && known.last > 0;
  }

  /** To be called by whoever changed a row. */
  changed(peer: Peer): void {
    this.#dirty.add(peer);
    this.#summary.names.add(peer.name);
  }

  /** The tail of the log tells of this peer. */
  exchanged({ name }: Peer): void {
    this.#summary.names.add(name);
  }

  /** To be called by whoever changed of a row only what the tail of the log tells: `high`, `unread`, `last` and `page`. */
  changedByEntry(peer: Peer): void {
    this.#summary.names.add(peer.name);
    // A row is due where the numbering has just jumped, which is kept in one.
    (this.#jumps.hasUnsaved ? this.#dirty : this.#ahead).add(peer);
  }

  /** A mark of this peer changed: gives the change its seq. */
  mark(peer: Peer): void {
    this.#late.delete(peer);
    peer.mark = this.#next();
    this.#marks.push({ seq: peer.mark, peer });
    this.changed(peer);
  }

  /** The same, when its row is written for something else, or by `catchUp`. */
  markSoon(peer: Peer): void {
    this.#late.add(peer);
  }

  /** Whether a row is ahead of the disk. */
  get hasDeferred(): boolean {
    return this.#dirty.size + this.#late.size > 0;
  }

  /** Marks those that wait. */
  flushDeferred(): void {
    for (const peer of this.#late) this.mark(peer);
  }

  /** The same, and the rows say from now on what the tail told, up to `checkpoint`. */
  checkpoint(checkpoint: number): void {
    this.flushDeferred();
    for (const peer of this.#ahead) this.changed(peer);
    this.#summary.seal(this.#named(), checkpoint);
  }

  /** The peers whose marks changed after `seq`, in the order of the change. */
  marksAfter(seq: number): Iterable<Peer> {
    const recent = this.#marks.after(seq);
    if (recent !== null) return recent.filter((mark) => mark.peer.mark === mark.seq).map((mark) => mark.peer);
    if (seq < this.#summary.marked) return this.#names("SELECT name FROM peer WHERE mark > ? ORDER BY mark", seq);
    this.#catchUpNow();
    return this.#named()
      .filter(({ mark }) => mark > seq)
      .toSorted((a, b) => a.mark - b.mark);
  }

  /** Those who may not have heard of a receipt yet. To be asked after a wake. */
  withDueReceipts(): Peer[] {
    return this.#named().filter(({ owesDelivered, owesRead }) => owesDelivered > 0 || owesRead > 0);
  }

  /** Those with whom the newest entries were exchanged, the newest first: at most `limit`, before the entry `before`. */
  latest(limit: number, before: number): Peer[] {
    const newest = (peers: readonly Peer[]) =>
      peers
        .filter(({ last }) => last > 0 && last < before)
        .toSorted((x, y) => y.last - x.last)
        .slice(0, limit);
    this.#catchUpNow();
    const { above } = this.#summary;
    const named = newest(this.#named());
    if (above === 0 || (named.length === limit && (named.at(-1)?.last ?? 0) >= above)) return named;
    const query = "SELECT name FROM peer WHERE last > 0 AND last < ?2 ORDER BY last DESC LIMIT ?1";
    // Those that are ahead of their rows stand too low in the table, if they stand there at all.
    return newest([...new Set([...this.#names(query, limit + this.#ahead.size, before), ...this.#ahead])]);
  }

  /** Ends a group: writes what changed, a row each; true if there was anything. */
  flush(): boolean {
    for (const peer of this.#late) if (this.#dirty.has(peer)) this.mark(peer);
    return this.#write();
  }

  #write(): boolean {
    if (this.#dirty.size === 0) return false;
    const put = this.#summary.exists ? PUT_PEER : PUT_OLD_PEER;
    for (const peer of this.#dirty) {
      const row: PeerRow = { ...peer, page: peer.page.text };
      const values = COLUMNS.map((column) => row[column]);
      this.#summary.wrote(peer);
      // A jump is kept where a wake finds it.
      const jumps = this.#summary.finds(peer) ? this.#jumps.takeUnsaved(peer.name) : null;
      if (jumps === null) this.#sql.run(put.plain, ...values);
      else this.#sql.run(put.jumped, ...values, jumps);
      this.#ahead.delete(peer);
    }
    this.#dirty.clear();
    if (this.#summary.isDue) this.#summary.seal(this.#named());
    return true;
  }

  #take(row: PeerRow): Peer {
    const { jumps, page, ...rest } = row;
    this.#jumps.learn(jumps);
    const peer = { ...rest, page: SeqRanges.read(page) };
    this.#known.set(row.name, peer);
    return peer;
  }

  #named(): Peer[] {
    return Array.from(this.#summary.names, (name) => this.get(name));
  }

  /** What a mark says is written before anybody is told. */
  #catchUpNow(): void {
    this.flushDeferred();
    this.#write();
  }

  /** Rows that changed are written first: who asks the table is to find what is known. */
  #names(query: string, ...bindings: number[]): Peer[] {
    this.#catchUpNow();
    return this.#sql.rows<{ name: string }>(query, ...bindings).map(({ name }) => this.get(name));
  }
}

const COLUMNS = [
  "name",
  "epoch",
  "began",
  "high",
  "refused",
  "reached",
  "stored",
  "delivered",
  "read",
  "mine",
  "unread",
  "mark",
  "owesDelivered",
  "owesRead",
  "last",
  "page",
] as const satisfies readonly (keyof PeerRow)[];
/** As tables of before have it. */
const PUT_OLD_PEER = { plain: upsert("peer", COLUMNS), jumped: upsert("peer", [...COLUMNS, "jumps"]) };
/** The same, and `writes` says that whoever wrote it keeps the summary. */
const PUT_PEER = { plain: counting(PUT_OLD_PEER.plain), jumped: counting(PUT_OLD_PEER.jumped) };

function counting(put: string): string {
  const counted = put.replace(") VALUES (", ", writes) VALUES (").replace(") ON CONFLICT", ", 1) ON CONFLICT");
  return `${counted}, writes = coalesce(peer.writes, 0) + 1`;
}

function freshPeer(name: string): Peer {
  const marks = { stored: 0, delivered: 0, read: 0, mine: 0 };
  const numbers = {
    began: 0,
    high: 0,
    refused: 0,
    reached: 0,
    unread: 0,
    mark: 0,
    owesDelivered: 0,
    owesRead: 0,
    last: 0,
  };
  return { name, epoch: null, ...marks, ...numbers, page: new SeqRanges() };
}
