// The row of a conversation: its marks, which only grow, and its count of unread messages. It knows records; no frame.
import type { Entry, Marks, Removed, Row } from "./store.ts";

/** Unread messages of one conversation whose seqs are stored; earlier ones are only counted. */
const FRESH_SEQS = 100;

/** A conversation without anything in it. */
export const NEW_ROW: Omit<Row, "peer"> = {
  last: null,
  fresh: [],
  more: 0,
  moreUpTo: 0,
  origin: 0,
  stored: 0,
  delivered: 0,
  read: 0,
  mine: 0,
  standing: "contact",
};

type PartialMarks = { readonly [K in keyof Marks]?: number | undefined };

/** How many messages of the peer are unread. */
export function unreadOf(row: Row): number {
  return row.more + row.fresh.length;
}

/** A row that was not handed out yet. */
export type MutableRow = { -readonly [Field in keyof Row]: Row[Field] } & { fresh: number[] };

/** Counts a message of the peer as unread, unless it was read before. */
export function addUnread(row: MutableRow, seq: number): void {
  if (seq <= row.mine) return;
  row.fresh.push(seq);
  const moved = row.fresh.length > FRESH_SEQS ? row.fresh.shift() : undefined;
  if (moved === undefined) return;
  row.more++;
  row.moreUpTo = moved;
}

/** The peer's marks: they only grow. */
export function higherMarks(row: Row, { stored = 0, delivered = 0, read = 0 }: PartialMarks): Omit<Marks, "mine"> {
  const { max } = Math;
  return { stored: max(row.stored, stored), delivered: max(row.delivered, delivered), read: max(row.read, read) };
}

/** The row of a user who has read up to the seq `mine`. */
export function readUpTo(row: Row, mine: number): Row {
  if (mine <= row.mine) return row;
  const fresh = row.fresh.filter((seq) => seq > mine);
  return { ...row, mine, fresh, more: mine >= row.moreUpTo ? 0 : row.more };
}

/** What the mailbox says of a conversation beside its marks; what an older one does not say stays. */
export interface Said {
  readonly standing?: string | undefined;
  readonly pinned?: boolean | undefined;
  readonly muted?: boolean | undefined;
  readonly hidden?: boolean | undefined;
  readonly displayName?: string | undefined;
}

/** The row with what the mailbox says of it as of `seq`. */
export function withSaid(
  row: Row,
  seq: number,
  { standing = "contact", pinned, muted, hidden, displayName }: Said,
): Row {
  return {
    ...row,
    standing,
    pinned: pinned ?? row.pinned ?? false,
    muted: muted ?? row.muted ?? false,
    displayName: displayName ?? row.displayName ?? "",
    hiddenUpTo: hidden === undefined ? (row.hiddenUpTo ?? 0) : hidden ? seq : 0,
  };
}

/** Whether a message is one of those that were removed. */
export function isRemoved({ from, upTo }: Removed, seq: number): boolean {
  return seq >= from && seq <= upTo;
}

/**
 * The row without the removed messages. Where the last message was removed and others stay, a placeholder is last until
 * the one before it is read.
 */
export function without(row: Row, removed: Removed): Row {
  const { from, upTo } = removed;
  const isAll = from === 0;
  const last = row.last !== null && isRemoved(removed, row.last.seq) ? (isAll ? null : emptied(row.last)) : row.last;
  const fresh = row.fresh.filter((seq) => !isRemoved(removed, seq));
  const isUnread = last !== row.last && last?.from === row.peer && isCounted(row, upTo);
  const more = isAll && row.moreUpTo <= upTo ? 0 : row.more - Number(isUnread);
  return { ...row, last, fresh, more, clearedUpTo: Math.max(row.clearedUpTo ?? 0, isAll ? upTo : 0) };
}

/** Whether a message, where the peer wrote it, is one of the unread ones whose seqs are not stored. */
export function isCounted({ mine, more, moreUpTo }: Row, seq: number): boolean {
  return more > 0 && seq > mine && seq <= moreUpTo;
}

/** The row with another last message: no message of the peer above it is left. */
export function withLast(row: Row, last: Entry | null): Row {
  return { ...row, last, more: last === null ? 0 : row.more, moreUpTo: Math.min(row.moreUpTo, last?.seq ?? 0) };
}

/** What stands for a removed message until the one before it is known. */
export function emptied(entry: Entry): Entry {
  const { failed: _, ...about } = entry;
  return { ...about, body: null, isRemoved: true };
}

/** Whether a message is not shown any more, so that the one before it takes its place. */
export function isReplaced({ isRemoved = false, failed }: Entry): boolean {
  return isRemoved || failed?.isDiscarded === true;
}

/** The row of a conversation in a mailbox that counts from the beginning. */
export function startOver({ peer, last, origin, ...rest }: Row): Row {
  return { ...withSaid({ ...NEW_ROW, peer, origin }, 0, rest), last: last && { ...last, seq: 0 } };
}
