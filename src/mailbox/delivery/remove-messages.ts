// The user removes messages for oneself: a whole conversation, or one message. The peer keeps its copies. An entry
// `cleared` reports it to every device. To be called inside a transaction.
import { isMessage } from "../../durable/log/kinds.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";
import { standingOf } from "../access/standing.ts";
import { appendStanding } from "../people/contacts.ts";
import { markRead } from "./receipts.ts";
import { removeVersions } from "./relations.ts";

/** Removes everything that was exchanged with `name` up to now. The conversation counts as read, and is hidden. */
export function clearConversation(context: MailboxContext, name: string): CallResult<null> {
  const { contacts, peers, removals } = context.log;
  if (!peers.has(name)) return { refused: refusal("not_found", "there is no such conversation") };
  const peer = peers.get(name);
  const [before, upTo] = [contacts.clearedUpTo(name), peer.lastSeq];
  if (upTo <= before) return { value: hideAgain(context, name, upTo) };
  markRead(context, name, upTo);
  // A wake counts no entry that the row of the peer has.
  peers.changed(peer);
  contacts.clear(name, upTo);
  removals.begin({ peer: name, first: before + 1, last: upTo });
  return finish(context, name, upTo, "all");
}

/** A conversation of which nothing came since may have been shown again. */
function hideAgain(context: MailboxContext, name: string, upTo: number): null {
  const { contacts } = context.log;
  const { hiddenUpTo, ...chosen } = contacts.chosen(name);
  if (hiddenUpTo >= upTo) return null;
  contacts.choose(name, { ...chosen, hiddenUpTo: upTo });
  appendStanding(context, name, standingOf(context, name) ?? "contact");
  return null;
}

/** Removes one message of the conversation with `name`, and its edits. */
export function removeMessage(context: MailboxContext, name: string, seq: number): CallResult<null> {
  const { entries, peers, removals } = context.log;
  const entry = context.log.row === null ? null : entries.get(seq);
  const isRemoved = entry !== null && removals.hides(entry);
  if (entry?.peer !== name || !(isRemoved || isMessage(entry.kind)))
    return { refused: refusal("not_found", "there is no such message in this conversation") };
  if (isRemoved) return { value: null };
  removeVersions(context, peers.get(name), seq);
  return finish(context, name, seq, "one");
}

function finish(context: MailboxContext, name: string, origin: number, which: "all" | "one"): CallResult<null> {
  const about = { kind: "cleared", peer: name, origin, device: null, id: null } as const;
  context.log.append({ ...about, at: Date.now(), body: which });
  return { value: null };
}
