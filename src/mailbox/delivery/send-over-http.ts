// A program sends over HTTP. Its messages have no ids; each is taken or refused for itself, with the answer that a socket would have
// given. A key makes a repetition of the same request harmless: what was accepted is answered again, what was refused is tried again.
import { count } from "../../protocol/counters.ts";
import type { Outcome, Sending } from "../../protocol/http-messages.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import type { MailboxContext } from "../context.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { appendMessage } from "./send-message.ts";
import { checkSending } from "../limits/quotas.ts";

/** An answer, or the promise of it: a receiver's mailbox may have to be asked first. */
type Pending = Outcome | Promise<Outcome>;

/** Takes the messages of one request, in their order. To be done in a group. */
export function sendOverHttp(context: MailboxContext, { messages, key }: Sending): CallResult<readonly Pending[]> {
  const now = Date.now();
  const before = key === null ? null : context.idempotencyKeys.get(key.name, now);
  if (before !== null && before.digest !== key?.digest) {
    return { refused: refusal("id_reused", "this Idempotency-Key came with another body") };
  }
  context.log.ensureCreated(context.user);
  const entries: number[] = [];
  const answers = messages.map((message, i): Pending => {
    const known = before?.entries[i] ?? 0;
    if (known > 0) {
      entries.push(known);
      return again(context, known);
    }
    const no = "refused" in message ? message.refused : checkSending(context, message.to);
    if (no !== null || "refused" in message) {
      entries.push(0);
      return refused(no ?? refusal("internal"));
    }
    const entry = appendMessage(context, message.to, null, null, message.body);
    entries.push(entry.seq);
    return entry.kind === "self"
      ? accepted("stored", entry)
      : settled((tell) => context.outbox.add(entry, tell), entry);
  });
  if (key !== null && String(entries) !== String(before?.entries ?? entries.map(() => 0))) {
    context.idempotencyKeys.put({ key: key.name, digest: key.digest, at: before?.at ?? now, entries }, now);
  }
  return { value: answers };
}

/** The same answer again, as far as the log still knows of it. */
function again(context: MailboxContext, seq: number): Pending {
  const entry = context.log.entries.get(seq);
  return entry === null ? accepted("stored") : settled((tell) => context.outbox.answer(entry, tell), entry);
}

function settled(ask: (tell: (state: "stored" | "queued") => void) => void, entry: Entry): Promise<Outcome> {
  return new Promise((resolve) => ask((state) => resolve(accepted(state, entry))));
}

function accepted(state: "stored" | "queued", entry?: Entry): Outcome {
  return { type: "accepted", ...(entry !== undefined && { entry: entry.seq, at: entry.at }), state };
}

function refused(why: Refusal): Outcome {
  count("refused", why.code);
  return { type: "refused", ...why };
}
