// The keys of a conversation's messages: arrows move from one to the next, Enter opens its menu, Escape leads back to the
// field.
import type { TargetedKeyboardEvent } from "preact";
import { isComposing } from "./input.ts";

const bubblesIn = (box: ParentNode | null | undefined) => [...(box?.querySelectorAll<HTMLElement>(".bubble") ?? [])];

const logNow = () => document.querySelector<HTMLElement>("[role=log]");

export function moveInLog(event: TargetedKeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || (target !== currentTarget && !target.matches(".bubble"))) return;
  if (key === "Escape" && target !== currentTarget) {
    event.stopPropagation();
    document.querySelector<HTMLElement>(".composer textarea")?.focus();
    return;
  }
  if (key === "Enter") {
    // Not pressed on the item that has the focus then, too.
    event.preventDefault();
    target.querySelector<HTMLElement>(":scope > .more")?.click();
  }
  const all = bubblesIn(currentTarget);
  const now = all.indexOf(target);
  const targets: Readonly<Record<string, HTMLElement | undefined>> = {
    ArrowUp: all.at(now === -1 ? -1 : Math.max(0, now - 1)),
    ArrowDown: now === -1 ? undefined : all[now + 1],
    Home: all[0],
    End: all.at(-1),
  };
  const next = Object.hasOwn(targets, key) ? targets[key] : undefined;
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** What moves the focus to the message beside this one, or to the box of all, once this one is removed. */
export function leaveFrom(item: HTMLElement | null): () => void {
  const all = bubblesIn(logNow());
  const at = item === null ? -1 : all.indexOf(item);
  const next = at === -1 ? undefined : (all[at + 1] ?? all[at - 1]);
  return () => (next?.isConnected === true ? next : logNow())?.focus();
}

/** Arrow Up in an empty field: the menu of the last own message. */
export function openLastOwn(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "ArrowUp" || event.currentTarget.value !== "" || isComposing(event)) return;
  const last = bubblesIn(logNow()).findLast((one) => one.matches(".own"));
  if (last === undefined) return;
  event.preventDefault();
  last.focus();
  last.querySelector<HTMLElement>(":scope > .more")?.click();
}
