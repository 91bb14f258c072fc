// What a user of the fake server sets for a conversation, removes of it, and is called.
import type { ConversationSettings } from "../protocol/caller.ts";
import type { ClearedFrame, MessageFrame, PeerFrame } from "./fake-log.ts";
import { type FakeUser, NO_SETTINGS } from "./fake-user.ts";

/** The other user of a message. */
export function peerOf({ from, to }: MessageFrame, user: string): string {
  return from === user ? to : from;
}

export function settingsOf({ mailbox, settings, names }: FakeUser, peer: string) {
  const { hiddenUpTo, ...rest } = settings.get(peer) ?? NO_SETTINGS;
  const last = mailbox.log.messages.findLast((message) => peerOf(message, mailbox.user) === peer)?.seq ?? 0;
  return { ...rest, hidden: hiddenUpTo > 0 && last <= hiddenUpTo, displayName: names.get(peer) ?? "" };
}

/** Changes settings; devices are notified. False where there is no such conversation. */
export function configure(user: FakeUser, peer: string, change: Partial<ConversationSettings>): boolean {
  const { mailbox, settings, standings } = user;
  if (!standings.has(peer) && !mailbox.log.messages.some((message) => peerOf(message, mailbox.user) === peer))
    return false;
  const { pinned, muted, hidden } = { ...settingsOf(user, peer), ...change };
  settings.set(peer, { pinned, muted, hiddenUpTo: hidden ? mailbox.log.head : 0 });
  reportPeer(user, peer);
  return true;
}

/** Removes a conversation, or one message, for the user. False where there is nothing to remove. */
export function remove({ mailbox }: FakeUser, peer: string, of: number | null): boolean {
  const isOf = (message: MessageFrame) => peerOf(message, mailbox.user) === peer;
  const upTo = mailbox.log.messages.findLast(isOf)?.seq ?? 0;
  if (!mailbox.log.remove((message) => isOf(message) && (of === null || message.seq === of))) return false;
  if (of === null) mailbox.raise(peer, { mine: upTo });
  const what = of === null ? { upTo } : { of };
  mailbox.emit(mailbox.log.add<ClearedFrame>({ type: "cleared", peer, ...what }));
  return true;
}

/** The user is called so from now on; an empty text is no name. */
export function changeName(user: FakeUser, displayName: string): void {
  user.displayName = displayName;
  user.names.set(user.mailbox.user, displayName);
  reportPeer(user, user.mailbox.user);
}

/** A message to `receiver` says what its author is called. */
export function takeName(receiver: FakeUser, { mailbox, displayName }: FakeUser): void {
  const author = mailbox.user;
  if ((receiver.standings.get(author) ?? "contact") !== "contact") return;
  if ((receiver.names.get(author) ?? "") === displayName) return;
  receiver.names.set(author, displayName);
  reportPeer(receiver, author);
}

function reportPeer(user: FakeUser, peer: string): void {
  const standing = user.standings.get(peer) ?? "contact";
  const frame = { type: "peer", peer, standing, ...settingsOf(user, peer) } as const;
  user.mailbox.emit(user.mailbox.log.add<PeerFrame>(frame));
}
