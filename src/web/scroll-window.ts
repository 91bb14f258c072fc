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
}

/** The part of `messages` that is drawn in `scroll`, whose items carry their key as `data-key`. */
export function useScrollWindow(messages: readonly Message[], scroll: RefObject<HTMLElement | null>): ScrollWindow {
  /** The key of the last message that is drawn; null for the newest one. */
  const [lastKey, setLastKey] = useState<string | null>(null);
  const anchor = useRef<{ readonly key: string; readonly top: number } | null>(null);
  const found = lastKey === null ? -1 : messages.findLastIndex(({ key }) => key === lastKey);
  const end = found === -1 ? messages.length : found + 1;
  const start = Math.max(0, end - MAX_DRAWN);

  const move = (to: number) => {
    anchor.current = firstVisible(scroll.current);
    const next = Math.min(messages.length, Math.max(to, Math.min(MAX_DRAWN, messages.length)));
    setLastKey(next === messages.length ? null : (messages[next - 1]?.key ?? null));
  };

  useLayoutEffect(() => {
    const box = scroll.current;
    const { key, top } = anchor.current ?? {};
    anchor.current = null;
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

/** The first visible item, and its position. */
function firstVisible(box: HTMLElement | null): { readonly key: string; readonly top: number } | null {
  const edge = box?.getBoundingClientRect().top ?? 0;
  for (const item of box?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
    const { top, bottom } = item.getBoundingClientRect();
    if (bottom > edge) return { key: item.dataset["key"] ?? "", top };
  }
  return null;
}
