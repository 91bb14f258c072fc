// The messages that a user shows to operators with a report: only those of the conversation with the reported user, as
// this mailbox stores them, so that a report can't be invented.
import { isMessage, isReceived } from "../../durable/log/kinds.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { utf8Bytes } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import { MAX_REPORT_BYTES } from "../../protocol/reports.ts";
import type { MailboxContext } from "../instance/context.ts";
import { messageOf } from "./read-conversations.ts";

/** The messages with these seqs as a JSON array. One of them at least is from `name`. */
export function reportedMessages(context: MailboxContext, name: string, seqs: readonly number[]): CallResult<string> {
  const { log } = context;
  const texts: string[] = [];
  let [bytes, hasReceived] = [0, false];
  for (const seq of [...new Set(seqs)].toSorted((a, b) => a - b)) {
    const entry = log.row === null ? null : log.entries.get(seq);
    if (entry?.peer !== name || !isMessage(entry.kind) || log.removals.hides(entry))
      return { refused: { ...refusal("not_found", "there is no such message in this conversation"), field: "seqs" } };
    hasReceived ||= isReceived(entry.kind);
    const text = messageOf(context, entry);
    bytes += utf8Bytes(text);
    if (bytes > MAX_REPORT_BYTES) return { refused: refusal("too_large", "these messages are too large together") };
    texts.push(text);
  }
  if (!hasReceived) return { refused: { ...refusal("not_found", "none of these messages is theirs"), field: "seqs" } };
  return { value: `[${texts.join(",")}]` };
}
