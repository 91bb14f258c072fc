// What the user lets others know: read receipts and presence. A setting that is off works both ways.
import type { Settings } from "../../protocol/caller.ts";
import type { MailboxContext } from "../instance/context.ts";
import { announcePresence, lookUpForWatchers, watchedPeers } from "./presence.ts";

/** Changes the given settings, and returns all of them. To be called inside a transaction. */
export function settings(context: MailboxContext, change: Partial<Settings>): Settings {
  // To read the settings does not create a mailbox.
  if (context.log.row === null && Object.keys(change).length === 0) return { receipts: true, presence: true };
  const row = context.log.ensureCreated(context.user);
  const hadReceipts = row.receipts === 1;
  const hadPresence = row.presence === 1;
  const receipts = change.receipts ?? hadReceipts;
  const presence = change.presence ?? hadPresence;
  if (receipts !== hadReceipts || presence !== hadPresence) {
    context.log.set({ receipts: Number(receipts), presence: Number(presence) });
  }
  if (presence !== hadPresence) announcePresence(context);
  // What was named while it was off was not looked up.
  if (presence && !hadPresence) for (const peer of watchedPeers(context)) lookUpForWatchers(context, peer);
  return { receipts, presence };
}
