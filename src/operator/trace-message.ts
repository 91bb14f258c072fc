// Traces one message: combines what both mailboxes store of it. The trace can start at either of them.
import type { MessageRow, MessageTrace, Trace, MessageRef } from "../protocol/operator-orders.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { CallResult } from "../protocol/caller.ts";
import { sendOrder } from "./send-order.ts";
import type { RequestContext } from "../identity/request-context.ts";

/** Traces the message with `seq` in the log of `name`, its author or its receiver. */
export async function traceMessage(c: RequestContext, name: string, seq: number): Promise<CallResult<Trace>> {
  const own = await inspectMessage(c, name, { seq });
  if (own === null) return { refused: refusal("unknown_receiver") };
  const { message } = own;
  switch (message?.kind) {
    case "self":
      return { value: { from: name, to: name, state: "stored", code: null, author: own, receiver: own } };
    case "out":
      return { value: traceOf(own, await inspectMessage(c, message.peer, { from: name, origin: seq }), message) };
    case "failed":
      return traceMessage(c, name, message.origin ?? 0);
    case "removed":
      if (message.origin === null) return { refused: refusal("gone", "the user removed this message") };
      return { value: await traceFromReceiver(c, own, message) };
    case "in":
      return { value: await traceFromReceiver(c, own, message) };
    default:
      return { refused: noMessage(own, seq) };
  }
}

async function inspectMessage(c: RequestContext, name: string, which: MessageRef): Promise<MessageTrace | null> {
  const answer = await sendOrder(c, name, { is: "see", which });
  return "refused" in answer ? null : answer.value;
}

/** Continues from the receiver's entry to the author's. */
async function traceFromReceiver(
  c: RequestContext,
  receiver: MessageTrace,
  { peer, origin }: MessageRow,
): Promise<Trace> {
  const author = await inspectMessage(c, peer, { seq: origin ?? 0 });
  if (author?.message?.kind === "out") return traceOf(author, receiver, author.message);
  // The author's entry is gone, so its marks can't be compared.
  return { from: peer, to: receiver.userName, state: "stored", code: null, author, receiver };
}

function traceOf(author: MessageTrace, receiver: MessageTrace | null, message: MessageRow): Trace {
  const { seq, failed } = message;
  const from = author.userName;
  const state = (): Trace["state"] => {
    if (failed !== null) return "failed";
    if (author.peer.read >= seq) return "read";
    if (author.peer.delivered >= seq) return "delivered";
    if (author.peer.stored >= seq || (receiver?.message ?? null) !== null) return "stored";
    return author.owed ? "queued" : "unknown";
  };
  return { from, to: message.peer, state: state(), code: failed, author, receiver };
}

function noMessage({ message, trimmed }: MessageTrace, seq: number): Refusal {
  if (message !== null) return refusal("not_found", "this entry is no message");
  const isTrimmed = seq <= trimmed;
  return isTrimmed
    ? refusal("gone", "retention took this entry")
    : refusal("not_found", "there is no entry of this seq");
}
