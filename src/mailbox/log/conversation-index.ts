// Conversations as pages: which entries were exchanged with a peer, without an index on the log. The newest ones are in the peer's
// row, which is written for other things as well; when they are 48 spans or more at the end of a group they become a page, one row.
import type { EntryRows } from "./entry-rows.ts";
import type { Entry, Peer } from "./schema.ts";
import { SeqRanges } from "../../durable/log/seq-ranges.ts";
import { upsert, type Sql } from "../../durable/log/sql.ts";

/** As many spans as fit into a page of the database beside the rest of the row: what overflows is another page written. */
const MAX_RANGES = 48;
/** So many entries are enough for a page too. Answers: a version before this one writes each of them, and a row has 2 MB at most. */
const MAX_PAGE_ENTRIES = 10_000;
/** Entries that are looked at for the newest of the peer's. Answers: one's own messages without an end. */
const MAX_SCANNED = 4_096;
/** Pages, and entries, that are read at once. Answers: many large bodies in memory of which an answer takes a few. */
const PAGES = 16;
const ENTRIES = 16;
/** Pages with entries after a seq, found by their key: they are in order, and but for the first of them begin after it. */
const PAGES_AFTER = `FROM page WHERE peer = ?1 AND last > ?2
  AND first >= coalesce((SELECT max(first) FROM page WHERE peer = ?1 AND first <= ?2), 0)`;
const PUT_PAGE = upsert("page", ["peer", "first", "last", "seqs"], 2);

interface Page {
  readonly first: number;
  readonly seqs: string;
}

export class ConversationIndex {
  readonly #sql: Sql;
  readonly #rows: EntryRows;
  /** Those whose newest entries are enough for a page. */
  readonly #full = new Set<Peer>();
  /** Retention took everything up to here. A page lasts until all of it is gone. */
  #trimmed: number;

  constructor(sql: Sql, rows: EntryRows, trimmed: number) {
    this.#sql = sql;
    this.#rows = rows;
    this.#trimmed = trimmed;
  }

  /** Whether the user ever wrote anything. */
  get hasSent(): boolean {
    return this.#sql.row("SELECT 1 FROM run WHERE kind IN ('out', 'self') LIMIT 1") !== undefined;
  }

  /** Notes a new entry of the conversation in the peer's row, which the caller has written sooner or later. */
  add(peer: Peer, seq: number): void {
    peer.last = seq;
    peer.page.add(seq);
    if (peer.page.spans >= MAX_RANGES || peer.page.size >= MAX_PAGE_ENTRIES) this.#full.add(peer);
  }

  /** Writes the pages that are full, and gives back whose row has to be written together with them. */
  flush(): readonly Peer[] {
    if (this.#full.size === 0) return [];
    const peers = [...this.#full];
    this.#full.clear();
    for (const peer of peers) {
      this.#sql.run(PUT_PAGE, peer.name, peer.page.first, peer.last, peer.page.text);
      peer.page = new SeqRanges();
    }
    return peers;
  }

  /** Before the tail is noted again: pages beyond the peer's row, which code of before wrote ahead of it. */
  dropPagesAfter(peer: Peer): void {
    this.#sql.run(`DELETE ${PAGES_AFTER}`, peer.name, peer.last);
  }

  /** How many entries the conversation has. */
  size(peer: Peer): number {
    let size = 0;
    for (const seqs of this.#seqsAfter(peer, 0)) size += seqs.length;
    return size;
  }

  /** At most `limit` entries of the conversation before the seq `before`, newest first, read as they are asked for. */
  *before(peer: Peer, before: number, limit: number): Iterable<Entry> {
    const seqs = this.#seqsBefore(peer, before, limit);
    for (let end = seqs.length; end > 0; end -= ENTRIES)
      yield* [...this.#rows.of(seqs.slice(Math.max(0, end - ENTRIES), end))].toReversed();
  }

  /** At most `limit` entries of the conversation after the seq `after`, oldest first, read as they are asked for. */
  after(peer: Peer, after: number, limit: number): Iterable<Entry> {
    const found: number[] = [];
    for (const seqs of this.#seqsAfter(peer, after)) {
      for (const seq of seqs) if (found.length < limit) found.push(seq);
      if (found.length >= limit) break;
    }
    return this.#rows.of(found);
  }

  /** How many of the peer's entries lie after `seq`. */
  unread(peer: Peer, seq: number): number {
    if (seq >= peer.last) return 0;
    let unread = 0;
    for (const seqs of this.#seqsAfter(peer, seq)) unread += this.#rows.countInOf(seqs);
    return unread;
  }

  /**
   * The origin of the newest entry of the peer's up to `seq`; 0 if there is none, or only behind very many of one's own. `isNewest`: no
   * entry of the peer's lies after `seq`.
   */
  originUpTo(peer: Peer, seq: number, isNewest: boolean): number {
    if (peer.high === 0) return 0;
    // The peer's row knows the newest origin of all, which was taken unless it was refused.
    if (isNewest && peer.high > peer.refused) return peer.high;
    const newest = this.#rows.lastInOf(this.#seqsBefore(peer, seq + 1, MAX_SCANNED));
    return newest === 0 ? 0 : (this.#rows.get(newest)?.origin ?? 0);
  }

  /** Retention took everything up to `seq`. */
  trim(seq: number): void {
    this.#trimmed = seq;
    this.#sql.run("DELETE FROM page WHERE last <= ?", seq);
  }

  /** The newest seqs of the conversation before `before`, at most `limit`, in order. */
  #seqsBefore(peer: Peer, before: number, limit: number): number[] {
    const found = [peer.page.below(before, limit)];
    let left = limit - (found[0]?.length ?? 0);
    const query = "SELECT first, seqs FROM page WHERE peer = ? AND first < ? ORDER BY first DESC LIMIT ?";
    const pages = left <= 0 ? [] : this.#sql.pages<Page>(PAGES, query, (last) => [peer.name, last?.first ?? before]);
    for (const { seqs } of pages) {
      const more = SeqRanges.read(seqs).below(before, left);
      found.push(more);
      left -= more.length;
      if (left <= 0) break;
    }
    return found.toReversed().flat();
  }

  /** The seqs of the conversation after `seq`, in order, page by page. */
  *#seqsAfter(peer: Peer, seq: number): Iterable<number[]> {
    const after = Math.max(seq, this.#trimmed);
    const query = `SELECT first, seqs ${PAGES_AFTER} AND first > ?3 ORDER BY first LIMIT ?4`;
    for (const { seqs } of this.#sql.pages<Page>(PAGES, query, (last) => [peer.name, after, last?.first ?? -1]))
      yield SeqRanges.read(seqs).above(after, Infinity);
    yield peer.page.above(after, Infinity);
  }
}
