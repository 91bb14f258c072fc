// A device sends a message. The ids of a device are consecutive. At or below the last id: the message was accepted
// before, for as long as the device is known. The next id: it is accepted. Above: it is refused, and the id stays free.
// So idempotency costs no row, and has no time limit.
import { countLabelled, counters, countStored } from "../../protocol/counters.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { REPEAT_WINDOW_IDS } from "../../protocol/limits.ts";
import type { SendFrame } from "../../protocol/up.ts";
import { chargeRejected } from "../limits/allowance.ts";
import type { MailboxContext } from "../instance/context.ts";
import { onSentTo } from "../people/contacts.ts";
import type { Device } from "../log/schema.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { checkSending, spendQuota } from "../limits/quotas.ts";
import type { PlainSession, V1Session } from "../connections/sockets.ts";

/** UTF-16 units of a frame `send` in addition to its body: its fields, a long name, and spaces. */
const FRAME_UNITS = 200;

/** Answers that a frame was refused. */
export type Refuse = (id: number, why: Refusal) => void;

/**
 * Accepts a message of the plain dialect. It has no id, and is answered only if it is refused or fails. `units`: UTF-16
 * units of its text.
 */
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
    countLabelled("refused", no.code);
    session.output.queueFrame(writePlainRefusal(context.user, Date.now(), no));
    return chargeRejected(context, session, 1, units);
  }
  chargeRejected(context, session, 0, units - body.length);
  const entry = appendMessage(context, to, null, null, body);
  if (entry.kind === "out") context.outbox.add(entry, null);
}

/** Accepts a message, or refuses it. Returns the UTF-16 units of an accepted frame, at most; 0 for a refused one. */
export function acceptSend(
  context: MailboxContext,
  device: Device,
  frame: SendFrame,
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

/** Appends a message of the user's to the log. The caller adds it to the outbox, unless it is to the user. */
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

/** Answers messages that were accepted before: with the same answer, and without a new entry. */
export function answerRepeats(
  context: MailboxContext,
  session: V1Session,
  frames: readonly SendFrame[],
  refuse: Refuse,
): void {
  // Old ids are not looked up: the last id alone says that they were accepted.
  const oldestId = (context.log.devices.get(session.device)?.lastId ?? 0) - REPEAT_WINDOW_IDS;
  const recent = frames.map(({ id }) => id).filter((id) => id > oldestId);
  const sent = recent.length === 0 ? null : context.log.entries.sentBy(session.device, new Set(recent));
  const { oldestUnsettled } = context.outbox;
  const unsettled = oldestUnsettled === null ? null : context.log.entries.get(oldestUnsettled);
  for (const { id, to, body } of frames) {
    const entry = sent?.get(id);
    // An id that is not found is settled for certain only if it was sent before the oldest unsettled entry.
    const isSettled = unsettled === null || (unsettled.device === session.device && id < (unsettled.id ?? 0));
    if (entry === undefined) session.output.queueAccepted(id, isSettled ? "stored" : "queued");
    else if (entry.peer !== to || entry.body !== body) refuse(id, refusal("id_reused"));
    else context.outbox.answer(entry, (state) => session.output.queueAccepted(id, state, entry));
  }
}
