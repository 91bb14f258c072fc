// A program sends messages over HTTP. They have no ids. Each is accepted or refused by itself, with the answer that a
// socket would get. An idempotency key makes it safe to repeat a request: accepted messages are answered again, refused
// ones are tried again.
import { countLabelled } from "../../protocol/counters.ts";
import type { IdempotencyKey, SendOutcome, SendRequest } from "../../protocol/http-messages.ts";
import { type CodeIn, type Refusal, refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Entry } from "../../durable/log/entry.ts";
import type { KeyedRequest } from "../log/accounts/idempotency-keys.ts";
import { appendMessage, checkMessage } from "./send-message.ts";

/** An answer, or the promise of it where a receiver's mailbox has to store the message first. */
type Pending = SendOutcome | Promise<SendOutcome>;

/** Accepts or refuses the messages of one request, in order. To be done in a group commit. */
export function sendOverHttp(context: MailboxContext, { messages, key }: SendRequest): CallResult<readonly Pending[]> {
  const now = Date.now();
  const before = key === null ? null : context.idempotencyKeys.get(key.name, now);
  if (before !== null && key !== null && !isSameRequest(before, key)) {
    return { refused: refusal("id_reused", "this Idempotency-Key came with another body") };
  }
  context.log.ensureCreated(context.user);
  const entries: number[] = [];
  const answers = messages.map((message, i): Pending => {
    const known = before?.entries[i] ?? 0;
    if (known > 0) {
      entries.push(known);
      return answerAgain(context, known);
    }
    const checked = "refused" in message ? message : checkMessage(context, message);
    if ("refused" in message || "refused" in checked) {
      entries.push(0);
      return refused("refused" in checked ? checked.refused : refusal("internal"));
    }
    const { to, body } = message;
    const entry = appendMessage(context, { to, device: null, id: null, body, re: checked.re });
    entries.push(entry.seq);
    return entry.kind === "self"
      ? accepted("stored", entry)
      : whenSettled((answer) => context.outbox.add(entry, answer), entry);
  });
  if (key !== null && String(entries) !== String(before?.entries ?? entries.map(() => 0))) {
    const { digest, sorted } = before ?? { digest: key.digest, sorted: key.sorted ?? null };
    context.idempotencyKeys.put({ key: key.name, digest, sorted, at: before?.at ?? now, entries }, now);
  }
  return { value: answers };
}

/** Whether a request has the messages of the one that came with its key before: bodies are compared as JSON values. */
function isSameRequest(before: KeyedRequest, key: IdempotencyKey): boolean {
  return before.digest === key.digest || (before.sorted ?? before.digest) === key.sorted;
}

/** The same answer again, from what retention has left of the log. */
function answerAgain(context: MailboxContext, seq: number): Pending {
  const entry = context.log.entries.get(seq);
  return entry === null ? accepted("stored") : whenSettled((answer) => context.outbox.answer(entry, answer), entry);
}

function whenSettled(ask: (answer: (state: "stored" | "queued") => void) => void, entry: Entry): Promise<SendOutcome> {
  return new Promise((resolve) => ask((state) => resolve(accepted(state, entry))));
}

function accepted(state: "stored" | "queued", entry?: Entry): SendOutcome {
  return { type: "accepted", ...(entry !== undefined && { entry: entry.seq, at: entry.at }), state };
}

function refused(why: Refusal<CodeIn<"http">>): SendOutcome {
  countLabelled("refused", why.code);
  return { type: "refused", ...why };
}
