// What would be lost if the user signed out: texts that were not sent, and messages that the mailbox does not have.
import type { Restante } from "../client/connect.ts";
import { keysOf } from "./browser-storage.ts";

/** The users to whom something was written that the mailbox does not have, of these. */
export function unsentTo(me: Restante, peers: readonly string[] = peersOf(me)): readonly string[] {
  const drafts = new Set(draftsOf(me));
  return peers.filter((peer) => drafts.has(peer) || hasUnsent(me, peer));
}

function peersOf(me: Restante): readonly string[] {
  return [...new Set([...me.conversations.value.map(({ peer }) => peer), ...draftsOf(me)])];
}

function draftsOf({ user }: Restante): readonly string[] {
  return keysOf("draft", user).map((key) => key.slice(key.lastIndexOf(" ") + 1));
}

/** The list has the last message of each conversation only: one that failed before it, or waits behind it, is not there. */
function hasUnsent(me: Restante, peer: string): boolean {
  const messages = me.messages.with(peer, { pageSize: 1 });
  const isUnsent = messages.value.some(({ seq, state }) => seq === null && state !== null);
  messages.close();
  return isUnsent;
}
