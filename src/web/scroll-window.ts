// The part of a long conversation that is drawn: a few hundred messages, however many there are. It moves as somebody scrolls, and what
// they look at stays where it is.
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../client/connect.ts";

/** Messages that are drawn at most, and by how many the part moves. */
const DRAWN = 200;
const STEP = 100;

export interface ScrollWindow {
  readonly shown: readonly Message[];
  /** Whether there are messages before, or after, those that are drawn. */
  readonly before: boolean;
  readonly after: boolean;
  up(): void;
  down(): void;
  toEnd(): void;
}

/** The part of `messages` that is drawn in `scroll`, whose items carry their key as `data-key`. */
export function useScrollWindow(messages: readonly Message[], scroll: RefObject<HTMLElement | null>): ScrollWindow {
  /** The last message that is drawn; null for the newest, whichever that is. */
  const [lastKey, setLastKey] = useState<string | null>(null);
  const held = useRef<{ readonly key: string; readonly top: number } | null>(null);
  const found = lastKey === null ? -1 : messages.findLastIndex(({ key }) => key === lastKey);
  const end = found === -1 ? messages.length : found + 1;
  const start = Math.max(0, end - DRAWN);

  const move = (to: number) => {
    held.current = firstSeen(scroll.current);
    const next = Math.min(messages.length, Math.max(to, Math.min(DRAWN, messages.length)));
    setLastKey(next === messages.length ? null : (messages[next - 1]?.key ?? null));
  };

  useLayoutEffect(() => {
    const box = scroll.current;
    const { key, top } = held.current ?? {};
    held.current = null;
    const item = key === undefined ? null : box?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (box !== null && item !== null && item !== undefined)
      box.scrollTop += item.getBoundingClientRect().top - (top ?? 0);
  }, [lastKey]);

  return {
    shown: messages.slice(start, end),
    before: start > 0,
    after: end < messages.length,
    up: () => move(end - STEP),
    down: () => move(end + STEP),
    toEnd: () => setLastKey(null),
  };
}

/** Calls whenever the element that this is given to is in sight, or nearly; looks again when `changes` do. */
export function useNear(
  scroll: RefObject<HTMLElement | null>,
  changes: readonly unknown[],
  near: () => void,
): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null || scroll.current === null) return;
    const options = { root: scroll.current, rootMargin: "600px 0px" };
    const seen = new IntersectionObserver((all) => {
      if (all.at(-1)?.isIntersecting === true) near();
    }, options);
    seen.observe(element.current);
    return () => seen.disconnect();
  }, [...changes]);
  return element;
}

/** The first item that can be seen, and where it is. */
function firstSeen(box: HTMLElement | null): { readonly key: string; readonly top: number } | null {
  const edge = box?.getBoundingClientRect().top ?? 0;
  for (const item of box?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
    const { top, bottom } = item.getBoundingClientRect();
    if (bottom > edge) return { key: item.dataset["key"] ?? "", top };
  }
  return null;
}
