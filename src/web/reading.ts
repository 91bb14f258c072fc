// What the user has read of a conversation, and where the unread messages begin: with which one it opens, what the line
// of new messages stands above, and what is marked as read. Read is what was on the screen of a page with the focus.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversing, Message, Restante } from "../client/connect.ts";
import { useApp, useConversation } from "./app-state.ts";
import { isAttended, onAttention } from "./attention.ts";
import { itemOf, type ScrollWindow } from "./scroll-window.ts";

/** Of more unread messages than this the latest ones are shown first. */
const MAX_OPENED = 10_000;
/** The last line of a message may be hidden by this many pixels. */
const HIDDEN_PX = 4;

/** What is unread of a conversation: how many messages, all of them after a seq. */
interface Unread {
  readonly count: number;
  readonly after: number;
}

export interface Reading {
  /** How many messages are unread. */
  readonly count: number;
  /** The key of the message below the line of new messages, or null. */
  readonly firstNew: string | null;
  /** What is on the screen has changed. */
  look(): void;
}

interface Place {
  readonly conversing: Conversing;
  readonly scroll: RefObject<HTMLElement | null>;
  readonly view: ScrollWindow;
  /** Whether the messages are drawn. */
  readonly isOpen: boolean;
  /** Whether the newest message is on the screen. */
  readonly isAtEnd: boolean;
}

/** Whether the first unread message is here: until then older ones are read. */
export function useOpening(conversing: Conversing): boolean {
  const { unread = 0, readUpTo = 0 } = useConversation(conversing.peer) ?? {};
  const [isOpen, setIsOpen] = useState(false);
  const messages = conversing.value;
  const oldest = messages.find(({ seq }) => seq !== null)?.seq ?? null;
  const isHere = unread === 0 || oldest === null || oldest <= readUpTo || messages.length > MAX_OPENED;
  useLayoutEffect(() => {
    if (isOpen || conversing.loading) return;
    if (isHere || !conversing.more || conversing.error !== null) setIsOpen(true);
    // The conversation shows what failed.
    else conversing.older().catch(() => undefined);
  }, [messages, isOpen, isHere]);
  return isOpen;
}

export function useReading(place: Place): Reading {
  const { conversing, scroll, view, isOpen, isAtEnd } = place;
  const { me } = useApp();
  const messages = conversing.value;
  const { unread: count = 0, readUpTo = 0 } = useConversation(conversing.peer) ?? {};
  /** What this page has marked: the conversation has it once it is stored. */
  const marked = useRef(0);
  const unread = { count, after: Math.max(readUpTo, marked.current) };
  const [firstNew, startLine] = useLine(messages, unread, isOpen && isAtEnd);

  // Where the box stays at its end while messages come, the first unread one must not leave the screen.
  useLayoutEffect(() => {
    const first = isOpen && isAtEnd && count > 0 ? firstAfter(messages, unread.after) : null;
    if (first === null || isBelowTop(scroll.current, first)) return;
    startLine();
    view.showFrom(first);
  }, [messages, isOpen]);

  const look = () => {
    if (!isOpen || view.isMoving() || !isAttended()) return;
    const reaches = reachesBackTo(conversing, unread.after);
    // What is between could not be loaded: nobody has seen it.
    if (conversing.error !== null && !reaches) return;
    const isWhole = isAtEnd && !conversing.loading && reaches;
    marked.current = Math.max(marked.current, markRead(me, place, unread, isWhole));
  };
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => latest.current());
  useEffect(() => onAttention(() => latest.current()), []);
  return { count, firstNew, look };
}

/**
 * The line of new messages: above the first one that was unread when the conversation was opened, or the first one that
 * came and was not seen. It stays until the user has read all and goes away, or writes. Returns the key of the message
 * below it, and a function that draws the line above what is unread now.
 */
function useLine(messages: readonly Message[], unread: Unread, isAtEnd: boolean): readonly [string | null, () => void] {
  /** The seq that was read when the line was drawn. */
  const after = useRef<number | null>(null);
  const [, redraw] = useState(0);
  const last = messages.at(-1);
  const written = last?.state?.is === "sending" ? last.key : null;
  const lastWritten = useRef(written);
  const isAllRead = useRef(true);
  isAllRead.current = unread.count === 0;
  if (written !== null && written !== lastWritten.current) after.current = null;
  else if (after.current === null && unread.count > 0 && !(isAtEnd && isAttended())) after.current = unread.after;
  lastWritten.current = written ?? lastWritten.current;
  const set = (to: number | null) => {
    after.current = to;
    redraw((times) => times + 1);
  };
  useEffect(
    () =>
      onAttention(() => {
        if (!isAttended() && isAllRead.current && after.current !== null) set(null);
      }),
    [],
  );
  const key = after.current === null ? null : firstAfter(messages, after.current);
  return [key, () => after.current === null && set(unread.after)];
}

/** Marks what is on the screen as read. Returns the seq up to which it did. */
function markRead(me: Restante, { conversing, scroll }: Place, { count, after }: Unread, isWhole: boolean): number {
  if (count === 0) return 0;
  const messages = conversing.value;
  const seen = lastSeen(scroll.current, messages);
  if (seen !== undefined && (seen.seq ?? 0) > after) me.read(conversing.peer, seen);
  // What is unread is no longer kept: the end of the conversation is all there is to see.
  else if (isWhole && firstAfter(messages, after) === null) me.read(conversing.peer);
  return seen?.seq ?? 0;
}

/** Whether all that there is after a seq is here, from the store or from the mailbox. */
function reachesBackTo({ value, more }: Conversing, after: number): boolean {
  return !more || value.some(({ seq }) => seq !== null && seq <= after);
}

/** The key of the first message of the peer after a seq, or null. */
function firstAfter(messages: readonly Message[], after: number): string | null {
  let first: string | null = null;
  for (let at = messages.length - 1; at >= 0; at--) {
    const { seq, state, key } = messages[at] as Message;
    if (seq !== null && seq <= after) break;
    if (state === null) first = key;
  }
  return first;
}

/** The last message of the peer that is on the screen to its end, or was. */
function lastSeen(box: HTMLElement | null, messages: readonly Message[]): Message | undefined {
  const edge = (box?.getBoundingClientRect().bottom ?? 0) + HIDDEN_PX;
  const items = [...(box?.querySelectorAll<HTMLElement>(".theirs[data-key]") ?? [])];
  const key = items.findLast((item) => item.getBoundingClientRect().bottom <= edge)?.dataset["key"];
  return key === undefined ? undefined : messages.findLast((message) => message.key === key);
}

function isBelowTop(box: HTMLElement | null, key: string): boolean {
  const item = itemOf(box, key);
  return box !== null && item !== null && item.getBoundingClientRect().top >= box.getBoundingClientRect().top;
}
