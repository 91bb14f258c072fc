// Finds a message by its number in the log of its author, without an index. Origins grow with seqs, so the search halves
// twice: the rows of `page` of the conversation, then the seqs of one of them.
import type { RelatedEntries } from "../../../durable/log/related-entries.ts";
import { SeqRanges } from "../../../durable/log/seq-ranges.ts";
import type { Sql } from "../../../durable/log/sql.ts";
import type { Peer } from "./peer.ts";

/** Rows of `page` that are searched, the newest. Answers: relations to the oldest messages of a long conversation. */
const MAX_PAGES = 1_024;
/** Seqs that are searched at once, and those that show where a list begins. */
const SEQS_AT_ONCE = 256;
const SEQS_OF_PROBE = 64;

interface Page {
  readonly first: number;
  readonly seqs: string;
}

/** The seq of the message that the peer sent as `origin`; 0 if it is not found. */
export function searchOrigin(sql: Sql, related: RelatedEntries, peer: Peer, origin: number): number {
  // All of them are looked at only where the first are messages of the user alone.
  const firstOf = (seqs: readonly number[]) =>
    related.firstOriginAmong(peer.name, seqs.slice(0, SEQS_OF_PROBE)) ?? related.firstOriginAmong(peer.name, seqs);
  const recent = peer.recentSeqs.above(0, Infinity);
  const isRecent = (firstOf(recent) ?? Infinity) <= origin;
  const list = isRecent ? recent : pageAround(sql, peer, origin, firstOf);
  return related.seqOfOrigin(peer.name, origin, part(list, origin, firstOf));
}

type FirstOf = (seqs: readonly number[]) => number | null;

/** The seqs of the newest row of `page` that begins at the origin or before it. */
function pageAround(sql: Sql, peer: Peer, origin: number, firstOf: FirstOf): readonly number[] {
  const keys = sql
    .rows<Page>("SELECT first FROM page WHERE peer = ? ORDER BY first DESC LIMIT ?", peer.name, MAX_PAGES)
    .map(({ first }) => first)
    .toReversed();
  let [low, high, found]: [number, number, readonly number[]] = [-1, keys.length, []];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    // Rows without a message of the peer do not show where they are.
    let [at, first, seqs]: [number, number | null, readonly number[]] = [middle, null, []];
    for (; at > low && first === null; at--) first = firstOf((seqs = seqsOf(sql, peer, keys[at] ?? 0)));
    if (first !== null && first > origin) high = at + 1;
    else {
      low = middle;
      if (first !== null) found = seqs;
    }
  }
  return found;
}

function seqsOf(sql: Sql, peer: Peer, first: number): readonly number[] {
  const page = sql.row<Page>("SELECT seqs FROM page WHERE peer = ? AND first = ?", peer.name, first);
  return page === undefined ? [] : SeqRanges.parse(page.seqs).above(0, Infinity);
}

/** The part of a long list in which the origin has to be. */
function part(list: readonly number[], origin: number, firstOf: FirstOf): readonly number[] {
  let left = list;
  while (left.length > SEQS_AT_ONCE) {
    const middle = left.length >>> 1;
    const first = firstOf(left.slice(middle));
    if (first === null) return left;
    left = first <= origin ? left.slice(middle) : left.slice(0, middle);
  }
  return left;
}
