// Settings of conversations, removals and display names of the fake server's users.
import type { ConversationSettings } from "../protocol/caller.ts";
import { readDisplayName } from "../protocol/display-name.ts";
import type { ClearedFrame, MessageFrame, PeerFrame } from "./fake-log.ts";
import { type FakeUser, NO_SETTINGS } from "./fake-user.ts";

/** The other user of a message. */
export function peerOf({ from, to }: MessageFrame, user: string): string {
  return from === user ? to : from;
}

/** By peer, the newest message of each conversation, removed or not. */
export function latestOf({ mailbox }: FakeUser): ReadonlyMap<string, MessageFrame> {
  const all = [...mailbox.log.messages, ...mailbox.log.removed].toSorted((one, next) => one.seq - next.seq);
  return new Map(all.map((message) => [peerOf(message, mailbox.user), message]));
}

export function settingsOf(user: FakeUser, peer: string) {
  const { hiddenUpTo, clearedUpTo: _, ...rest } = user.settings.get(peer) ?? NO_SETTINGS;
  const last = latestOf(user).get(peer)?.seq ?? 0;
  return { ...rest, hidden: hiddenUpTo > 0 && last <= hiddenUpTo, displayName: displayNameOf(user, peer) };
}

/** The name of a stranger or a blocked user is not shown. */
function displayNameOf({ mailbox, displayName, standings, names }: FakeUser, peer: string): string {
  if (peer === mailbox.user) return displayName ?? "";
  return (standings.get(peer) ?? "contact") === "contact" ? (names.get(peer) ?? "") : "";
}

/** Changes settings; devices are notified. False where there is no such conversation. */
export function configure(user: FakeUser, peer: string, change: Partial<ConversationSettings>): boolean {
  const { mailbox, settings, standings } = user;
  if (!standings.has(peer) && !latestOf(user).has(peer)) return false;
  const before = settingsOf(user, peer);
  const { pinned, muted, hidden } = { ...before, ...change };
  if (pinned === before.pinned && muted === before.muted && hidden === before.hidden) return true;
  const { clearedUpTo } = settings.get(peer) ?? NO_SETTINGS;
  settings.set(peer, { pinned, muted, hiddenUpTo: hidden ? mailbox.log.head : 0, clearedUpTo });
  reportPeer(user, peer);
  return true;
}

/** Removes a conversation, which counts as read and is hidden then. False where nothing was exchanged. */
export function clear(user: FakeUser, peer: string): boolean {
  const { mailbox, settings } = user;
  const upTo = latestOf(user).get(peer)?.seq;
  if (upTo === undefined) return false;
  const before = settings.get(peer) ?? NO_SETTINGS;
  if (upTo <= before.clearedUpTo) return true;
  mailbox.log.remove((message) => peerOf(message, mailbox.user) === peer);
  mailbox.raise(peer, { mine: upTo });
  settings.set(peer, { ...before, hiddenUpTo: upTo, clearedUpTo: upTo });
  mailbox.emit(mailbox.log.add<ClearedFrame>({ type: "cleared", peer, upTo }));
  return true;
}

/** Removes one message. False where it is not in the conversation. */
export function remove({ mailbox }: FakeUser, peer: string, of: number): boolean {
  const isOne = (message: MessageFrame) => message.seq === of && peerOf(message, mailbox.user) === peer;
  if (!mailbox.log.remove(isOne)) return mailbox.log.removed.some(isOne);
  mailbox.emit(mailbox.log.add<ClearedFrame>({ type: "cleared", peer, of }));
  return true;
}

/** The user is called so from now on; null and an empty text are no name. False where it can't be one. */
export function changeName(user: FakeUser, text: string | null): boolean {
  const isNone = text === null || text.trim() === "";
  const displayName = isNone ? "" : readDisplayName(text);
  if (displayName === null) return false;
  if (displayName === (user.displayName ?? "")) return true;
  user.displayName = displayName;
  reportPeer(user, user.mailbox.user);
  return true;
}

/** A message to `receiver` says what its author is called. */
export function takeName(receiver: FakeUser, { mailbox, displayName }: FakeUser): void {
  const author = mailbox.user;
  if (displayName === null || (receiver.standings.get(author) ?? "contact") !== "contact") return;
  if ((receiver.names.get(author) ?? "") === displayName) return;
  receiver.names.set(author, displayName);
  reportPeer(receiver, author);
}

/** Notifies the user's devices of how the user stands to somebody, and of what is set. */
export function reportPeer(user: FakeUser, peer: string): void {
  const standing = user.standings.get(peer) ?? "contact";
  const frame = { type: "peer", peer, standing, ...settingsOf(user, peer) } as const;
  user.mailbox.emit(user.mailbox.log.add<PeerFrame>(frame));
}
