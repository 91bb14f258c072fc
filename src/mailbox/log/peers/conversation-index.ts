// Which entries were exchanged with a peer, without an index on the log. The newest seqs are in the row of the peer,
// which is written for other reasons as well; at 48 ranges or 10,000 entries they become one row of the table `page` at
// the end of a commit.
import { isShown } from "../../../protocol/relation.ts";
import type { Entry, Head } from "../../../durable/log/entry.ts";
import type { EntryRows } from "../../../durable/log/entry-rows.ts";
import { WAS_SENT } from "../../../durable/log/kinds.ts";
import { SeqRanges } from "../../../durable/log/seq-ranges.ts";
import { upsert, type Sql } from "../../../durable/log/sql.ts";
import type { Peer } from "./peer.ts";
import { searchOrigin } from "./search-origin.ts";

/** Ranges that fit into a page of SQLite beside the rest of the row; more would write a second page. */
const MAX_RANGES = 48;
/** Entries of one row. Answers: an older version writes each of them as a number, and a row has 2 MB at most. */
const MAX_PAGE_ENTRIES = 10_000;
/** Entries that are searched for the newest one of the peer. Answers: own messages without end behind it. */
const MAX_SCANNED = 4_096;
/**
 * Rows of `page`, and entries, that are read at once. Answers: many large bodies in memory of which a reply takes a
 * few.
 */
const PAGES_AT_ONCE = 16;
const ENTRIES_AT_ONCE = 16;
/**
 * Pages with entries after a seq, found by key: pages are in order, and all but the first of them begin after the seq.
 */
const PAGES_AFTER = `FROM page WHERE peer = ?1 AND last > ?2
  AND first >= coalesce((SELECT max(first) FROM page WHERE peer = ?1 AND first <= ?2), 0)`;
const PUT_PAGE = upsert("page", ["peer", "first", "last", "seqs"], 2);

/** Which messages the user has removed. */
export interface RemovedMessages {
  /** Whether this entry is removed, or is being removed. */
  hides(entry: Head): boolean;
  /** All messages of the conversation up to this seq are; 0 for none. */
  clearedUpTo(peer: string): number;
}

interface Page {
  readonly first: number;
  readonly seqs: string;
}

export class ConversationIndex {
  readonly #sql: Sql;
  readonly #entries: EntryRows;
  readonly #removed: RemovedMessages;
  /** Peers whose newest seqs are enough for a row of `page`. */
  readonly #full = new Set<Peer>();
  /** Retention removed everything up to here. A row of `page` stays until all of its entries are removed. */
  #trimmed = 0;

  constructor(sql: Sql, entries: EntryRows, removed: RemovedMessages) {
    this.#sql = sql;
    this.#entries = entries;
    this.#removed = removed;
  }

  startAt(trimmed: number): void {
    this.#trimmed = trimmed;
  }

  /** Whether the user ever sent anything. */
  get hasSent(): boolean {
    return this.#sql.row(`SELECT 1 FROM run WHERE ${WAS_SENT} LIMIT 1`) !== undefined;
  }

  /** Adds a new entry to the conversation. The caller sees to it that the row of the peer is written at some point. */
  add(peer: Peer, seq: number): void {
    peer.lastSeq = seq;
    peer.recentSeqs.add(seq);
    if (isFull(peer)) this.#full.add(peer);
  }

  /** Writes full pages, and returns the peers whose newest entries they hold now. */
  flush(): readonly Peer[] {
    if (this.#full.size === 0) return [];
    // A note may have said since that a page was written.
    const peers = [...this.#full].filter(isFull);
    this.#full.clear();
    for (const peer of peers) {
      this.#sql.run(PUT_PAGE, peer.name, peer.recentSeqs.first, peer.lastSeq, peer.recentSeqs.text);
      peer.recentSeqs = new SeqRanges();
    }
    return peers;
  }

  /**
   * Removes pages that older code wrote before the row of the peer; the notes of runs know those up to `noted`. The
   * tail of the log is about to be added again.
   */
  dropPagesAfter(peer: Peer, noted: number): void {
    this.#sql.run(`DELETE ${PAGES_AFTER}`, peer.name, Math.max(peer.lastSeq, noted));
  }

  /** How many entries the conversation has, removed ones too. */
  size(peer: Peer): number {
    let size = 0;
    for (const seqs of this.#seqsAfter(peer, 0)) size += seqs.length;
    return size;
  }

  /**
   * At most `limit` entries of the conversation before the seq `before`, newest first, without removed ones and changes
   * of others, read as the caller asks for them. It passes over at most `maxPassed` of those.
   */
  *before(peer: Peer, before: number, limit: number, maxPassed = Infinity): Iterable<Entry> {
    let [left, passed] = [limit, 0];
    for (let seqs; left > 0;) {
      // Not one removed message after another, where one is left.
      const wanted = seqs === undefined ? left : Math.max(left, ENTRIES_AT_ONCE);
      seqs = this.#seqsBefore(peer, seqs?.[0] ?? before, wanted, this.#removed.clearedUpTo(peer.name));
      for (const entry of this.#newestFirst(seqs)) {
        if (!this.#isListed(entry)) passed++;
        else if (left-- > 0) yield entry;
      }
      if (seqs.length === 0 || passed > maxPassed) return;
    }
  }

  /** The newest `limit` entries of the conversation, newest first, removed ones too. */
  newest(peer: Peer, limit: number): Iterable<Entry> {
    return this.#newestFirst(this.#seqsBefore(peer, Infinity, limit));
  }

  /**
   * At most `limit` entries of the conversation after the seq `after`, oldest first, without removed ones and changes of
   * others, read as the caller asks for them.
   */
  *after(peer: Peer, after: number, limit: number): Iterable<Entry> {
    let left = limit;
    for (const seqs of this.#seqsAfter(peer, Math.max(after, this.#removed.clearedUpTo(peer.name)))) {
      for (let begin = 0; begin < seqs.length && left > 0; begin += ENTRIES_AT_ONCE)
        for (const entry of this.#entries.of(seqs.slice(begin, begin + ENTRIES_AT_ONCE)))
          if (this.#isListed(entry) && left-- > 0) yield entry;
      if (left <= 0) return;
    }
  }

  /** The lowest seqs of the conversation from `first` to `last`, at most `limit`, in order. */
  seqsBetween(peer: Peer, first: number, last: number, limit: number): readonly number[] {
    const found: number[] = [];
    for (const seqs of this.#seqsAfter(peer, first - 1)) {
      for (const seq of seqs) if (seq <= last && found.length < limit) found.push(seq);
      if (found.length === limit || (seqs.at(-1) ?? 0) > last) break;
    }
    return found;
  }

  /** How many messages of the peer lie after `seq`, without changes of others. */
  unread(peer: Peer, seq: number): number {
    if (seq >= peer.lastSeq) return 0;
    let unread = 0;
    for (const seqs of this.#seqsAfter(peer, seq)) unread += this.#entries.countShownAmong(seqs);
    return unread;
  }

  /**
   * How many messages of the peer lie after `seq`, with changes of others. Where there are at most `enough` entries of
   * both sides, their number, which needs no look into the log.
   */
  unseen(peer: Peer, seq: number, enough: number): number {
    if (seq >= peer.lastSeq) return 0;
    let [entries, unseen] = [0, 0];
    for (const seqs of this.#seqsAfter(peer, seq)) entries += seqs.length;
    if (entries <= enough) return entries;
    for (const seqs of this.#seqsAfter(peer, seq)) unseen += this.#entries.countReceivedAmong(seqs);
    return unseen;
  }

  /** The seq of the message that the peer sent as `origin`; 0 if it is not found. */
  seqOfOrigin(peer: Peer, origin: number): number {
    return searchOrigin(this.#sql, this.#entries.related, peer, origin);
  }

  /** Whether history shows the entry as one of its own. */
  #isListed(entry: Entry): boolean {
    return isShown(entry.re) && !this.#removed.hides(entry);
  }

  /**
   * The origin of the newest message of the peer up to `seq`; 0 if there is none, or none among the last 4,096 entries.
   * `isRead`: no unread message of the peer lies after `seq`; an edit or a reaction may.
   */
  originUpTo(peer: Peer, seq: number, isRead: boolean): number {
    if (peer.lastOrigin === 0) return 0;
    const isNewest = seq >= peer.lastSeq || (isRead && !this.#entries.related.areThere);
    // The row has the highest origin of all, which was accepted unless it was refused.
    if (isNewest && peer.lastOrigin > peer.lastRefusedOrigin) return peer.lastOrigin;
    const newest = this.#entries.lastReceivedAmong(this.#seqsBefore(peer, seq + 1, MAX_SCANNED));
    return newest === 0 ? 0 : (this.#entries.get(newest)?.origin ?? 0);
  }

  /** Retention removed everything up to `seq`. */
  trim(seq: number): void {
    this.#trimmed = seq;
    this.#sql.run("DELETE FROM page WHERE last <= ?", seq);
  }

  *#newestFirst(seqs: readonly number[]): Iterable<Entry> {
    for (let end = seqs.length; end > 0; end -= ENTRIES_AT_ONCE)
      yield* [...this.#entries.of(seqs.slice(Math.max(0, end - ENTRIES_AT_ONCE), end))].toReversed();
  }

  /** The newest seqs of the conversation before `before` and above `above`, at most `limit`, in order. */
  #seqsBefore(peer: Peer, before: number, limit: number, above = 0): number[] {
    const found = [peer.recentSeqs.below(before, limit)];
    let left = limit - (found[0]?.length ?? 0);
    const query = "SELECT first, seqs FROM page WHERE peer = ? AND first < ? AND last > ? ORDER BY first DESC LIMIT ?";
    const bindings = (last: Page | null) => [peer.name, last?.first ?? before, above];
    for (const { seqs } of left <= 0 ? [] : this.#sql.pages<Page>(PAGES_AT_ONCE, query, bindings)) {
      const more = SeqRanges.parse(seqs).below(before, left);
      found.push(more);
      left -= more.length;
      if (left <= 0) break;
    }
    const seqs = found.toReversed().flat();
    return above === 0 ? seqs : seqs.filter((seq) => seq > above);
  }

  /** The seqs of the conversation after `seq`, in order, a list for each page. */
  *#seqsAfter(peer: Peer, seq: number): Iterable<number[]> {
    const after = Math.max(seq, this.#trimmed);
    const query = `SELECT first, seqs ${PAGES_AFTER} AND first > ?3 ORDER BY first LIMIT ?4`;
    const bindings = (last: Page | null) => [peer.name, after, last?.first ?? -1];
    for (const { seqs } of this.#sql.pages<Page>(PAGES_AT_ONCE, query, bindings))
      yield SeqRanges.parse(seqs).above(after, Infinity);
    yield peer.recentSeqs.above(after, Infinity);
  }
}

/** Whether the newest entries are enough for a row of `page`. */
function isFull({ recentSeqs }: Peer): boolean {
  return recentSeqs.ranges >= MAX_RANGES || recentSeqs.size >= MAX_PAGE_ENTRIES;
}
