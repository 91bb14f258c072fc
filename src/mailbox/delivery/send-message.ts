// A device sends a message. Ids are consecutive for each device: at or below the last one means accepted, for as long as the device is
// known; the next one is taken; anything above is refused and stays free. So idempotency costs no row, and has no time limit.
import { count, counters, countStored } from "../../protocol/counters.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { REPEATED_IDS } from "../../protocol/limits.ts";
import type { Send } from "../../protocol/up.ts";
import { chargeRejected } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import { onSentTo } from "../access/contacts.ts";
import type { Device, Entry } from "../log/schema.ts";
import { checkSending, spendQuota } from "../limits/quotas.ts";
import type { PlainSession, V1Session } from "../connections/sockets.ts";

/** UTF-16 units of a frame `send` beside its body: its fields, a long name, and spaces. */
const FRAME_UNITS = 200;
/** Answers that a frame was not taken. */
export type Refuse = (id: number, why: Refusal) => void;

/** A plain message of so many UTF-16 units: no id, and no answer but where it is refused or fails. */
export function sendPlain(
  context: MailboxContext,
  session: PlainSession,
  to: string,
  body: string,
  units: number,
): void {
  if (session.status === "flooding") return;
  const no = checkSending(context, to);
  if (no !== null) {
    count("refused", no.code);
    session.output.queueFrame(writePlainRefusal(context.user, Date.now(), no));
    return chargeRejected(context, session, 1, units);
  }
  chargeRejected(context, session, 0, units - body.length);
  const entry = appendMessage(context, to, null, null, body);
  if (entry.kind === "out") context.outbox.add(entry, null);
}

/** Takes a message; the units that went into it, at most. */
export function acceptSend(
  context: MailboxContext,
  device: Device,
  frame: Send,
  session: V1Session,
  refuse: Refuse,
  at: number,
): number {
  const no = checkSending(context, frame.to);
  if (no !== null) {
    refuse(frame.id, no);
    return 0;
  }
  const entry = appendMessage(context, frame.to, device.name, frame.id, frame.body, at);
  context.log.devices.accepted(device.name, frame.id);
  if (entry.kind === "self") session.output.queueAccepted(frame.id, "stored", entry);
  else context.outbox.add(entry, (state) => session.output.queueAccepted(frame.id, state, entry));
  return frame.body.length + FRAME_UNITS;
}

/** Writes what the user sends, to be delivered by the lanes. */
export function appendMessage(
  context: MailboxContext,
  to: string,
  device: string | null,
  id: number | null,
  body: string,
  at = Date.now(),
): Entry {
  const kind = to === context.user ? "self" : "out";
  spendQuota(context);
  if (kind === "out") onSentTo(context, to);
  else countStored(0);
  counters.accepted++;
  return context.log.append({ kind, peer: to, origin: null, device, id, at, body });
}

/** The same answer again, for ever; which is nothing new. */
export function answerRepeats(
  context: MailboxContext,
  session: V1Session,
  frames: readonly Send[],
  refuse: Refuse,
): void {
  // Old ones are not looked for: that they were accepted is certain without the log.
  const oldest = (context.log.devices.get(session.device)?.lastId ?? 0) - REPEATED_IDS;
  const recent = frames.map(({ id }) => id).filter((id) => id > oldest);
  const kept = recent.length === 0 ? null : context.log.entries.sentBy(session.device, new Set(recent));
  const { oldestUnsettled: firstOwed } = context.outbox;
  const owed = firstOwed === null ? null : context.log.entries.get(firstOwed);
  for (const { id, to, body } of frames) {
    const entry = kept?.get(id);
    // What is not found may be on its way, if it can have been sent after the oldest that is.
    const isSettled = owed === null || (owed.device === session.device && id < (owed.id ?? 0));
    if (entry === undefined) session.output.queueAccepted(id, isSettled ? "stored" : "queued");
    else if (entry.peer !== to || entry.body !== body) refuse(id, refusal("id_reused"));
    else context.outbox.answer(entry, (state) => session.output.queueAccepted(id, state, entry));
  }
}
