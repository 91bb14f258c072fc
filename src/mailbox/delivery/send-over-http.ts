// A program sends over HTTP. Its messages have no ids; each is taken or refused for itself, with the answer that a socket would have
// given. A key makes a repetition of the same request harmless: what was accepted is answered again, what was refused is tried again.
import { count } from "../../protocol/counters.ts";
import type { Outcome, Sending } from "../../protocol/http-messages.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { Answer } from "../../protocol/caller.ts";
import type { Box } from "../context.ts";
import type { Entry } from "../log/schema.ts";
import { append } from "./send-message.ts";
import { objectionToSending } from "../limits/quotas.ts";

/** An answer, or the promise of it: a receiver's mailbox may have to be asked first. */
type Pending = Outcome | Promise<Outcome>;

/** Takes the messages of one request, in their order. To be done in a group. */
export function send(box: Box, { messages, key }: Sending): Answer<readonly Pending[]> {
  const now = Date.now();
  const before = key === null ? null : box.keys.get(key.name, now);
  if (before !== null && before.digest !== key?.digest) {
    return { refused: refusal("id_reused", "this Idempotency-Key came with another body") };
  }
  box.log.found(box.user);
  const entries: number[] = [];
  const answers = messages.map((message, i): Pending => {
    const known = before?.entries[i] ?? 0;
    if (known > 0) {
      entries.push(known);
      return again(box, known);
    }
    const no = "refused" in message ? message.refused : objectionToSending(box, message.to);
    if (no !== null || "refused" in message) {
      entries.push(0);
      return refused(no ?? refusal("internal"));
    }
    const entry = append(box, message.to, null, null, message.body);
    entries.push(entry.seq);
    return entry.kind === "self" ? accepted("stored", entry) : settled((tell) => box.lanes.add(entry, tell), entry);
  });
  if (key !== null && String(entries) !== String(before?.entries ?? entries.map(() => 0))) {
    box.keys.put({ key: key.name, digest: key.digest, at: before?.at ?? now, entries }, now);
  }
  return { value: answers };
}

/** The same answer again, as far as the log still knows of it. */
function again(box: Box, seq: number): Pending {
  const entry = box.log.entries.get(seq);
  return entry === null ? accepted("stored") : settled((tell) => box.lanes.answer(entry, tell), entry);
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
