// The list of conversations, made of their rows and of the drafts. What has not changed stays the same object, so that an
// application draws it once. It knows records only.
import type { CheckBody } from "./body-schema.ts";
import { stableList } from "./live-value.ts";
import { type Message, ofDraft, ofEntry } from "./message.ts";
import { unreadOf } from "./rows.ts";
import type { Draft, Row } from "./store.ts";

/** One conversation of the list. */
export interface Conversation<Body = unknown> {
  readonly peer: string;
  /** The newest message, also of the user's own before it is sent. */
  readonly last: Message<Body>;
  readonly unread: number;
  /** The seq up to which the user has read it, on any device; 0 where they have read nothing. */
  readonly readUpTo: number;
  /** `contact`, `request` (a stranger who was not accepted yet) or `blocked`. */
  readonly standing: string;
  /** What the peer wants to be called, or null: to be shown beside `peer`, which alone says who it is. */
  readonly displayName: string | null;
  readonly pinned: boolean;
  readonly muted: boolean;
  /** Out of the list until the next message of either side; false while a message waits to be sent, or could not be. */
  readonly hidden: boolean;
}

/** A conversation, and the records that it was made of. */
interface Listed {
  readonly row: Row | undefined;
  readonly draft: Draft | undefined;
  readonly one: Conversation;
}

export class ConversationList {
  readonly #user: string;
  readonly #check: CheckBody | null;
  #listed: ReadonlyMap<string, Listed> = new Map();
  #last: readonly Conversation[] = [];

  constructor(user: string, check: CheckBody | null) {
    this.#user = user;
    this.#check = check;
  }

  /** The list of these rows and drafts, the latest conversation first. */
  update(rows: ReadonlyMap<string, Row>, drafts: readonly Draft[]): readonly Conversation[] {
    const latest = new Map(drafts.map((draft) => [draft.peer, draft]));
    const listed = new Map<string, Listed>();
    for (const peer of new Set([...rows.keys(), ...latest.keys()])) {
      const row = rows.get(peer);
      const draft = latest.get(peer);
      const last = this.#listed.get(peer);
      const isSame = last?.row === row && last?.draft === draft;
      const one = isSame ? last?.one : conversationOf(peer, row, draft, this.#user, this.#check);
      if (one) listed.set(peer, { row, draft, one });
    }
    this.#listed = listed;
    this.#last = stableList(this.#last, sortByLatest([...listed.values()].map(({ one }) => one)));
    return this.#last;
  }
}

/** What was written last is the last message, before it is sent too; a message that failed goes by its time. */
function conversationOf(
  peer: string,
  row: Row | undefined,
  draft: Draft | undefined,
  user: string,
  check: CheckBody | null,
): Conversation | null {
  // The one before a removed message takes its place as soon as it is known.
  const entry = row?.last?.isRemoved === true ? null : (row?.last ?? null);
  const isDraftLast = draft !== undefined && (draft.failed === null || entry === null || draft.at >= entry.at);
  const last = isDraftLast ? ofDraft(draft, user) : entry && ofEntry(entry, user, row, check);
  const { mine = 0, standing = "contact", pinned = false, muted = false, hiddenUpTo = 0 } = row ?? {};
  const hidden = hiddenUpTo > 0 && (last?.seq ?? Infinity) <= hiddenUpTo;
  const displayName = row?.displayName || null;
  const unread = row ? unreadOf(row) : 0;
  return last && { peer, last, unread, readUpTo: mine, standing, displayName, pinned, muted, hidden };
}

/** By seq; before them what waits to be sent. A message that failed without a seq goes by its time. */
function sortByLatest(list: readonly Conversation[]): readonly Conversation[] {
  const seqAt = (at: number) => Math.max(0, ...list.map(({ last }) => (last.at <= at ? (last.seq ?? 0) : 0)));
  const ranked = list.map((one) => {
    const { key, seq, state, at } = one.last;
    return { one, key, rank: seq ?? (state?.is === "failed" ? seqAt(at) + 0.5 : Infinity) };
  });
  // Of two that wait the one that was written later.
  ranked.sort((a, b) => (a.rank === b.rank ? (a.key < b.key ? 1 : -1) : b.rank - a.rank));
  return ranked.map(({ one }) => one);
}
