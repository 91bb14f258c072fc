// The part of a long conversation that is drawn: at most 200 messages. It moves as the user scrolls, and the visible
// messages stay where they are.
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../client/connect.ts";

/** The most messages that are drawn, and the number by which the part moves. */
const MAX_DRAWN = 200;
const STEP = 100;

export interface ScrollWindow {
  readonly shown: readonly Message[];
  /** Whether there are messages before, or after, those that are drawn. */
  readonly before: boolean;
  readonly after: boolean;
  up(): void;
  down(): void;
  toEnd(): void;
  /** Draws the message of this key, and scrolls so that it is the first one on the screen, or at the end. */
  showFrom(key: string): void;
  /** Whether it still has to scroll. */
  isMoving(): boolean;
}

/** Pixels above a message that is shown as the first one: for the line of new messages, and for the day. */
const ABOVE_PX = 64;

/** The part that is drawn ends with this message, null for the newest one. */
interface Drawn {
  readonly last: Message | null;
}

/** The message that is to be at this position once the part is drawn. */
interface Anchor {
  readonly key: string;
  readonly top: number;
}

/** The part of `messages` that is drawn in `scroll`, whose items carry their key as `data-key`. */
export function useScrollWindow(messages: readonly Message[], scroll: RefObject<HTMLElement | null>): ScrollWindow {
  const [drawn, setDrawn] = useState<Drawn>({ last: null });
  const anchor = useRef<Anchor | null>(null);
  const end = endOf(messages, drawn.last);
  const start = Math.max(0, end - MAX_DRAWN);

  const move = (to: number, next: Anchor | null) => {
    anchor.current = next;
    const last = Math.min(messages.length, Math.max(to, Math.min(MAX_DRAWN, messages.length)));
    setDrawn({ last: last === messages.length ? null : (messages[last - 1] ?? null) });
  };

  useLayoutEffect(() => {
    if (anchor.current !== null && scroll.current !== null) scrollTo(scroll.current, anchor.current);
    anchor.current = null;
  }, [drawn]);

  return {
    shown: messages.slice(start, end),
    before: start > 0,
    after: end < messages.length,
    up: () => move(end - STEP, firstVisible(scroll.current)),
    down: () => move(end + STEP, firstVisible(scroll.current)),
    toEnd: () => setDrawn({ last: null }),
    showFrom: (key) => {
      const at = messages.findLastIndex((message) => message.key === key);
      const to = { key, top: (scroll.current?.getBoundingClientRect().top ?? 0) + ABOVE_PX };
      if (at < start || at >= end) move(at + STEP, to);
      else if (scroll.current !== null) scrollTo(scroll.current, to);
    },
    isMoving: () => anchor.current !== null,
  };
}

/** How many messages there are up to this one, or up to the one before it where it was deleted. */
function endOf(messages: readonly Message[], last: Message | null): number {
  const isUpTo = ({ key, seq }: Message) => key === last?.key || (seq !== null && seq <= (last?.seq ?? 0));
  return messages.findLastIndex(isUpTo) + 1 || messages.length;
}

/** The drawn message of this key. */
export function itemOf(box: HTMLElement | null, key: string): Element | null {
  return box?.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? null;
}

function scrollTo(box: HTMLElement, { key, top }: Anchor): void {
  const item = itemOf(box, key);
  if (item !== null) box.scrollTop += item.getBoundingClientRect().top - top;
}

/**
 * Calls `near` whenever the element with this ref is visible or within 600 px of it; observes anew when `changes`
 * change.
 */
export function useNear(
  scroll: RefObject<HTMLElement | null>,
  changes: readonly unknown[],
  near: () => void,
): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null || scroll.current === null) return;
    const options = { root: scroll.current, rootMargin: "600px 0px" };
    const observer = new IntersectionObserver((all) => {
      if (all.at(-1)?.isIntersecting === true) near();
    }, options);
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [...changes]);
  return element;
}

/** The first visible message, where it is. */
function firstVisible(box: HTMLElement | null): Anchor | null {
  const edge = box?.getBoundingClientRect().top ?? 0;
  for (const item of box?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
    const { top, bottom } = item.getBoundingClientRect();
    if (bottom > edge) return { key: item.dataset["key"] ?? "", top };
  }
  return null;
}
