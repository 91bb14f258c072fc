// Notifications of the browser, one for each conversation with unread messages, while the user sees no page of theirs:
// if they have turned them on, and the browser allows it. Shown by the service worker, because phones allow no others.
import { useEffect } from "preact/hooks";
import type { Conversation } from "../client/connect.ts";
import { addressOf } from "./address.ts";
import { useApp } from "./app-state.ts";
import { isAttended, isLocked, useSharedLock } from "./attention.ts";
import { keyOf, store, stored } from "./browser-storage.ts";
import { number } from "./dates.ts";
import { fullName } from "./display-name.tsx";
import { plain } from "./message-text.tsx";
import type { Language, Translations } from "./translations.ts";

/** Graphemes of a message that a notification shows. */
const MAX_GRAPHEMES = 120;
const ICON = "/icon.svg";

/** The lock of a tab that shows this conversation, and of one that the user sees. */
export const shownLock = (user: string, peer: string) => `restante shown ${user} ${peer}`;
const attendedLock = (user: string) => `restante attended ${user}`;

/** Shows a notification for what comes while nobody sees it; closes it when it was read, on any device. */
export function useNotifications(): void {
  const { me, words, language } = useApp();
  useSharedLock(attendedLock(me.user), isAttended);
  useEffect(() => {
    let isRead = false;
    const update = (all: readonly Conversation[]) => {
      // Empty until it is read: what is shown may be unread.
      isRead ||= all.length > 0;
      if (!isRead) return;
      void closeNotifications(me.user, all);
      const seen = globalThis.Notification?.permission === "granted" ? seenUpTo(me.user) : null;
      if (seen === null || newestSeq(all) <= seen) return;
      see(me.user, newestSeq(all));
      for (const one of all)
        if (canNotify(one) && (one.last.seq ?? 0) > seen) void notify(me.user, one, words, language);
    };
    return me.conversations.subscribe(update);
  }, [me, words, language]);
}

/** Only messages of others, none of strangers, and none of muted conversations. */
function canNotify({ last, unread, standing, muted }: Conversation): boolean {
  return unread > 0 && last.state === null && standing === "contact" && !muted;
}

async function notify(user: string, one: Conversation, words: Translations, language: Language): Promise<void> {
  const { peer, last, unread } = one;
  if (isAttended() || (await isLocked([attendedLock(user), shownLock(user, peer)]))) return;
  const text = cut(plain(last.body));
  const options = {
    body: unread === 1 ? text : words.notified(number(unread, language), text),
    tag: tagOf(user, peer),
    data: { address: addressOf(peer) },
    icon: ICON,
  };
  // Without a service worker that is installed there are none.
  await navigator.serviceWorker
    ?.getRegistration()
    .then((worker) => worker?.showNotification(fullName(one), options))
    .catch(() => undefined);
}

/** Closes all notifications of this user, or those of conversations without anything unread. */
export async function closeNotifications(user: string, all: readonly Conversation[] = []): Promise<void> {
  const unread = new Set(all.filter((one) => one.unread > 0).map(({ peer }) => tagOf(user, peer)));
  try {
    const worker = await navigator.serviceWorker.getRegistration();
    const shown = (await worker?.getNotifications()) ?? [];
    for (const one of shown) if (one.tag.startsWith(tagOf(user, "")) && !unread.has(one.tag)) one.close();
  } catch {
    // Without a service worker there are none.
  }
}

function tagOf(user: string, peer: string): string {
  return `${user} ${peer}`;
}

/**
 * The seq up to which messages are no news: of all that were here when the user turned notifications on, and of those
 * that came since. Null where they are off.
 */
export function seenUpTo(user: string): number | null {
  const seq = stored(keyOf("notified", user));
  return seq === null ? null : Number(seq);
}

export function see(user: string, seq: number): void {
  store(keyOf("notified", user), String(seq));
}

export function newestSeq(all: readonly Conversation[]): number {
  return all.reduce((newest, { last }) => Math.max(newest, last.seq ?? 0), 0);
}

/** Cut between characters as people see them: an emoji may be several code points. */
function cut(text: string): string {
  const head = text.slice(0, MAX_GRAPHEMES * 20);
  const rest = [...new Intl.Segmenter().segment(head)][MAX_GRAPHEMES];
  return rest === undefined ? head : `${head.slice(0, rest.index)}…`;
}
