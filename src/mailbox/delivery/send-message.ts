// A device sends a message: it is checked, appended to the log, and added to the outbox. deduplicate.ts deals with
// messages that are sent again.
import type { Refuse } from "./deduplicate.ts";
import { countLabelled, counters, countStored } from "../../protocol/counters.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import type { SendFrame } from "../../protocol/up.ts";
import type { CodeIn, Refusal } from "../../protocol/refusals.ts";
import type { Relation } from "../../protocol/relation.ts";
import { chargeRejected } from "../limits/allowance.ts";
import type { MailboxContext } from "../instance/context.ts";
import { onSentTo } from "../people/contacts.ts";
import type { Device } from "../log/schema.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { checkSending, spendQuota } from "../limits/quotas.ts";
import { checkRelation, removeVersions } from "./relations.ts";
import type { PlainSession, V1Session } from "../connections/sockets.ts";

/** UTF-16 units of a frame `send` in addition to its body: its fields, a long name, and spaces. */
const FRAME_UNITS = 200;

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
  const entry = appendMessage(context, { to, device: null, id: null, body });
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
  const { to, id, body } = frame;
  const checked = checkMessage(context, frame);
  if ("refused" in checked) {
    refuse(id, checked.refused);
    return 0;
  }
  const entry = appendMessage(context, { to, device: device.name, id, body, re: checked.re }, at);
  context.log.devices.accepted(device.name, frame.id);
  if (entry.kind === "self") session.output.queueAccepted(frame.id, "stored", entry);
  else context.outbox.add(entry, (state) => session.output.queueAccepted(frame.id, state, entry));
  return frame.body.length + FRAME_UNITS;
}

/** Whether the user may send a message now: the relation that it has in the log, or the refusal. */
export function checkMessage(
  context: MailboxContext,
  { to, re }: Pick<SendFrame, "to" | "re">,
): { readonly re?: Relation } | { readonly refused: Refusal<CodeIn<"refused"> & CodeIn<"http">> } {
  const no = checkSending(context, to);
  if (no !== null) return { refused: no };
  return re === undefined ? NO_RELATION : checkRelation(context, to, re);
}

const NO_RELATION = {};

interface NewMessage {
  readonly to: string;
  readonly device: string | null;
  readonly id: number | null;
  readonly body: string;
  readonly re?: Relation | undefined;
}

/**
 * Appends a message of the user's to the log, and does what its relation says. The caller adds it to the outbox, unless
 * it is to the user.
 */
export function appendMessage(
  context: MailboxContext,
  { to, device, id, body, re }: NewMessage,
  at = Date.now(),
): Entry {
  const kind = to === context.user ? "self" : "out";
  spendQuota(context);
  if (kind === "out") onSentTo(context, to);
  else countStored(0);
  counters.accepted++;
  const message = { kind, peer: to, origin: null, device, id, at, body } as const;
  if (re === undefined) return context.log.append(message);
  const entry = context.log.append({ ...message, re });
  if (re.is === "retract") removeVersions(context, context.log.peers.get(to), re.to);
  return entry;
}
