// The rows of the peers: in memory once they were needed, written once a group, and the marks in the order of their change.
import type { Jumps } from "./jumps.ts";
import { Recent } from "./recent.ts";
import type { Peer } from "./schema.ts";
import { Spans } from "./spans.ts";
import { putting, type Sql } from "./sql.ts";

/** Changes of marks kept in memory for the live path. */
const RECENT_MARKS = 10_000;

/** A peer as it stands in its table. */
type Row = Omit<Peer, "page"> & { readonly page: string };

export class PeerRows {
  readonly #sql: Sql;
  readonly #jumps: Jumps;
  readonly #next: () => number;
  readonly #known = new Map<string, Peer>();
  /** Their rows are written with the group. */
  readonly #dirty = new Set<Peer>();
  /** Those that may wait: what the peer has moved, and the change has no seq yet. */
  readonly #late = new Set<Peer>();
  /** Those whose rows may lack what the tail of the log tells, for as long as it does. */
  readonly #ahead = new Set<Peer>();
  readonly #marks: Recent<{ seq: number; peer: Peer }>;

  /** `next` gives the next seq; everything after `head` is yet to come. */
  constructor(sql: Sql, head: number, jumps: Jumps, next: () => number) {
    this.#sql = sql;
    this.#jumps = jumps;
    this.#next = next;
    this.#marks = new Recent(head, RECENT_MARKS, () => 1);
  }

  /** The row of a peer; a fresh one for somebody new. */
  get(name: string): Peer {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#sql.row<Row>("SELECT * FROM peer WHERE name = ?", name);
    const peer = row === undefined ? freshPeer(name) : { ...row, page: Spans.read(row.page) };
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
  }

  /** To be called by whoever changed of a row only what the tail of the log tells: `high`, `unread`, `last` and `page`. */
  ahead(peer: Peer): void {
    // A row is due where the numbering has just jumped, which is kept in one.
    (this.#jumps.wait ? this.#dirty : this.#ahead).add(peer);
  }

  /** A mark of this peer changed: gives the change its seq. */
  mark(peer: Peer): void {
    this.#late.delete(peer);
    peer.mark = this.#next();
    this.#marks.push({ seq: peer.mark, peer });
    this.changed(peer);
  }

  /** The same, when its row is written for something else, or by `catchUp`. */
  markLate(peer: Peer): void {
    this.#late.add(peer);
  }

  /** Whether a row is ahead of the disk. */
  get waits(): boolean {
    return this.#dirty.size + this.#late.size > 0;
  }

  /** Marks those that wait. */
  catchUp(): void {
    for (const peer of this.#late) this.mark(peer);
  }

  /** The same, and the rows say from now on what the tail told. */
  checkpoint(): void {
    this.catchUp();
    for (const peer of this.#ahead) this.changed(peer);
  }

  /** The peers whose marks changed after `seq`, in the order of the change. */
  marksAfter(seq: number): Iterable<Peer> {
    const recent = this.#marks.after(seq);
    if (recent !== null) return recent.filter((mark) => mark.peer.mark === mark.seq).map((mark) => mark.peer);
    return this.#names("SELECT name FROM peer WHERE mark > ? ORDER BY mark", seq);
  }

  /** Those who may not have heard of a receipt yet. */
  owing(): Peer[] {
    return this.#names("SELECT name FROM peer WHERE owesDelivered > 0 OR owesRead > 0");
  }

  /** Those with whom the newest entries were exchanged, the newest first: at most `limit`, before the entry `before`. */
  latest(limit: number, before: number): Peer[] {
    const query = "SELECT name FROM peer WHERE last > 0 AND last < ?2 ORDER BY last DESC LIMIT ?1";
    // Those that are ahead of their rows stand too low in the table, if they stand there at all.
    const peers = new Set([...this.#names(query, limit + this.#ahead.size, before), ...this.#ahead]);
    const found = [...peers].filter(({ last }) => last < before);
    return found.toSorted((x, y) => y.last - x.last).slice(0, limit);
  }

  /** Ends a group: writes what changed, a row each; true if there was anything. */
  seal(): boolean {
    for (const peer of this.#late) if (this.#dirty.has(peer)) this.mark(peer);
    return this.#write();
  }

  #write(): boolean {
    if (this.#dirty.size === 0) return false;
    for (const peer of this.#dirty) {
      const row: Row = { ...peer, page: peer.page.text };
      const values = COLUMNS.map((column) => row[column]);
      const jumps = this.#jumps.take(peer.name);
      if (jumps === null) this.#sql.run(PUT_PEER, ...values);
      else this.#sql.run(PUT_JUMPED_PEER, ...values, jumps);
      this.#ahead.delete(peer);
    }
    this.#dirty.clear();
    return true;
  }

  /** Rows that changed are written first: who asks the table is to find what is known. */
  #names(query: string, ...bindings: number[]): Peer[] {
    this.catchUp();
    this.#write();
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
] as const satisfies readonly (keyof Row)[];
const PUT_PEER = putting("peer", COLUMNS);
const PUT_JUMPED_PEER = putting("peer", [...COLUMNS, "jumps"]);

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
  return { name, epoch: null, ...marks, ...numbers, page: new Spans() };
}
