// The keys of the list, and those of the whole page: Ctrl or Cmd and K leads to the search, Escape out of a conversation.
import type { TargetedKeyboardEvent } from "preact";
import { useEffect } from "preact/hooks";
import { go } from "./address.ts";
import { isComposing, isTouch } from "./input.ts";

const search = () => document.querySelector<HTMLElement>(".list input");

/** Moves the focus to the list, once it is shown: a phone shows the conversation in its place until the address changes. */
export function focusList(): void {
  // The focus of a field would raise the keyboard of a phone.
  focusOnceShown(() => (isTouch() ? document.querySelector<HTMLElement>(".list a.item") : search()));
}

function focusOnceShown(find: () => HTMLElement | null): void {
  const focus = () => requestAnimationFrame(() => find()?.focus());
  if (search()?.checkVisibility() === true) focus();
  else addEventListener("hashchange", focus, { once: true });
}

/** Up and down move between the search and the conversations. */
export function moveInList(event: TargetedKeyboardEvent<HTMLElement>): void {
  const { key, currentTarget } = event;
  if ((key !== "ArrowDown" && key !== "ArrowUp") || isComposing(event)) return;
  const all = [...currentTarget.querySelectorAll<HTMLElement>("input, a.item")];
  const now = all.findIndex((one) => one === document.activeElement);
  const next = all[now + (key === "ArrowDown" ? 1 : -1)];
  if (now === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** `isReading`: a conversation is open. */
export function useShortcuts(isReading: boolean): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isComposing(event) || document.querySelector("dialog[open]") !== null) return;
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        focusOnceShown(search);
        if (search()?.checkVisibility() !== true) go(null);
      } else if (event.key === "Escape" && isReading && !isIn(event.target, ".list")) {
        go(null);
        focusList();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [isReading]);
}

function isIn(target: EventTarget | null, selector: string): boolean {
  return target instanceof Element && target.closest(selector) !== null;
}
