// Notifications of the browser, one for each conversation with unread messages, while the user sees no page of theirs:
// if they have turned them on, and the browser allows it. Shown by the service worker, because phones allow no others.
import { useEffect } from "preact/hooks";
import type { Conversation, Restante } from "../client/connect.ts";
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

/**
 * `unsupported`: the browser has none, or no service worker of this page. `denied`: it does not allow them, and only its
 * own settings can change that.
 */
type NotificationChoice = "on" | "off" | "denied" | "unsupported";

export function notificationChoice(user: string): NotificationChoice {
  if (!("Notification" in globalThis && "serviceWorker" in navigator)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && seenUpTo(user) !== null ? "on" : "off";
}

/** Turns notifications on, if the browser allows it, or off. Resolves with what holds then. */
export async function chooseNotifications(me: Restante, isWanted: boolean): Promise<NotificationChoice> {
  if (!isWanted) {
    store(keyOf("notified", me.user), null);
    await closeNotifications(me.user);
  } else if ((await Notification.requestPermission()) === "granted") {
    if (!(await canShow())) return "unsupported";
    see(me.user, newestSeq(me.conversations.value));
  }
  return notificationChoice(me.user);
}

/** Whether this page has a service worker: the browser may have refused to register it. */
export async function canShow(): Promise<boolean> {
  return (await navigator.serviceWorker?.getRegistration()) !== undefined;
}

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
      const seen = notificationChoice(me.user) === "on" ? seenUpTo(me.user) : null;
      if (seen === null || newestSeq(all) <= seen) return;
      see(me.user, newestSeq(all));
      const fresh = all.filter((one) => canNotify(one) && (one.last.seq ?? 0) > seen);
      for (const one of fresh) void notify(me.user, one, words, language);
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
  const body = unread === 1 ? text : words.notified(number(unread, language), text);
  const data = { address: addressOf(peer) };
  // Where none is registered, none is ever ready.
  if (!(await canShow())) return;
  const worker = await navigator.serviceWorker.ready;
  await worker
    .showNotification(fullName(one), { body, tag: tagOf(user, peer), data, icon: ICON })
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
function seenUpTo(user: string): number | null {
  const seq = stored(keyOf("notified", user));
  return seq === null ? null : Number(seq);
}

function see(user: string, seq: number): void {
  store(keyOf("notified", user), String(seq));
}

function newestSeq(all: readonly Conversation[]): number {
  return all.reduce((newest, { last }) => Math.max(newest, last.seq ?? 0), 0);
}

/** Cut between characters as people see them: an emoji may be several code points. */
function cut(text: string): string {
  const head = text.slice(0, MAX_GRAPHEMES * 20);
  const parts = [...new Intl.Segmenter().segment(head)];
  const rest = parts[MAX_GRAPHEMES];
  return rest === undefined ? head : `${head.slice(0, rest.index)}…`;
}
