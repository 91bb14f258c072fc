// Conversations as pages: which entries were exchanged with a peer, without an index on the log. The newest ones are in the peer's
// row, which is written for other things as well; when they are 48 spans or more at the end of a group they become a page, one row.
import type { EntryRows } from "./entry-rows.ts";
import type { Entry, Peer } from "./schema.ts";
import { Spans } from "./spans.ts";
import { putting, type Sql } from "./sql.ts";

/** As many spans as fit into a page of the database beside the rest of the row: what overflows is another page written. */
const PAGE = 48;
/** So many entries are enough for a page too. Answers: a version before this one writes each of them, and a row has 2 MB at most. */
const PAGE_ENTRIES = 10_000;
/** Pages with entries after a seq, found by their key: they are in order, and but for the first of them begin after it. */
const PAGES_AFTER = `FROM page WHERE peer = ?1 AND last > ?2
  AND first >= coalesce((SELECT max(first) FROM page WHERE peer = ?1 AND first <= ?2), 0)`;
const PUT_PAGE = putting("page", ["peer", "first", "last", "seqs"], 2);

interface Page {
  readonly seqs: string;
}

export class History {
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
  note(peer: Peer, seq: number): void {
    peer.last = seq;
    peer.page.add(seq);
    if (peer.page.spans >= PAGE || peer.page.size >= PAGE_ENTRIES) this.#full.add(peer);
  }

  /** Writes the pages that are full, and gives back whose row has to be written together with them. */
  seal(): readonly Peer[] {
    if (this.#full.size === 0) return [];
    const peers = [...this.#full];
    this.#full.clear();
    for (const peer of peers) {
      this.#sql.run(PUT_PAGE, peer.name, peer.page.first, peer.last, peer.page.text);
      peer.page = new Spans();
    }
    return peers;
  }

  /** Before the tail is noted again: pages beyond the peer's row, which code of before wrote ahead of it. */
  rewind(peer: Peer): void {
    this.#sql.run(`DELETE ${PAGES_AFTER}`, peer.name, peer.last);
  }

  /** How many entries the conversation has. */
  size(peer: Peer): number {
    const pages = this.#sql.rows<Page>("SELECT seqs FROM page WHERE peer = ?", peer.name);
    const kept = (spans: Spans) => spans.above(this.#trimmed, Infinity).length;
    return pages.reduce((size, { seqs }) => size + kept(Spans.read(seqs)), kept(peer.page));
  }

  /** At most `limit` entries of the conversation before the seq `before`, oldest first. */
  before(peer: Peer, before: number, limit: number): Entry[] {
    const found = peer.page.below(before, limit);
    const pages = "SELECT seqs FROM page WHERE peer = ? AND first < ? ORDER BY first DESC";
    if (found.length < limit) {
      for (const { seqs } of this.#sql.read<Page>(pages, peer.name, before)) {
        found.unshift(...Spans.read(seqs).below(before, limit - found.length));
        if (found.length >= limit) break;
      }
    }
    return [...this.#rows.of(found)];
  }

  /** At most `limit` entries of the conversation after the seq `after`, oldest first. */
  after(peer: Peer, after: number, limit: number): Entry[] {
    return [...this.#rows.of(this.#seqsAfter(peer, after, limit))];
  }

  /** How many of the peer's entries lie after `seq`. */
  unread(peer: Peer, seq: number): number {
    if (seq >= peer.last) return 0;
    return this.#rows.countInOf(this.#seqsAfter(peer, seq, Infinity));
  }

  /** The origin of the newest entry of the peer's up to `seq`; 0 if there is none. */
  originUpTo(peer: Peer, seq: number): number {
    // Mostly it is the very last.
    for (let [before, limit] = [seq + 1, 1]; ; limit = PAGE) {
      const entries = this.before(peer, before, limit);
      const newest = entries.findLast((entry) => entry.kind === "in");
      if (newest !== undefined) return newest.origin ?? 0;
      if (entries.length < limit) return 0;
      before = entries[0]?.seq ?? 0;
    }
  }

  /** Retention took everything up to `seq`. */
  trim(seq: number): void {
    this.#trimmed = seq;
    this.#sql.run("DELETE FROM page WHERE last <= ?", seq);
  }

  #seqsAfter(peer: Peer, seq: number, limit: number): number[] {
    const found: number[] = [];
    const after = Math.max(seq, this.#trimmed);
    for (const { seqs } of this.#sql.read<Page>(`SELECT seqs ${PAGES_AFTER} ORDER BY first`, peer.name, after)) {
      for (const seq of Spans.read(seqs).above(after, limit - found.length)) found.push(seq);
      if (found.length >= limit) return found;
    }
    return [...found, ...peer.page.above(after, limit - found.length)];
  }
}
