// A text arrives on a connection, in either dialect: its size, then its JSON, then its schema. What writes joins the
// next group commit; the rest is done at once.
import { writeError } from "../../protocol/down.ts";
import { parseJson } from "../../protocol/json.ts";
import { exceedsBytes, LIMITS, REJECTED } from "../../protocol/limits.ts";
import { type PlainUp, readPlain, writePlainRefusal } from "../../protocol/plain.ts";
import { type CodeIn, type Refusal, refusal } from "../../protocol/refusals.ts";
import { readFrames, type Up } from "../../protocol/up.ts";
import type { MailboxContext } from "../instance/context.ts";
import { sendPlain } from "../delivery/send-message.ts";
import { chargeRejected, pauseEvents } from "../limits/allowance.ts";
import { pump } from "../reading/pump.ts";
import { dispatchFrames } from "./dispatch-frames.ts";
import type { PlainSession, Session, V1Session } from "./sockets.ts";

/**
 * UTF-16 units that a text counts in a group commit beside its own. Answers: many small texts in one commit, which no
 * other event interrupts.
 */
const TEXT_UNITS = 200;

/** Does what a text says. False if it is too large to be read: then the connection has to end. */
export function receiveText(context: MailboxContext, session: Session, data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") {
    const why = refusal("bad_frame", "binary frames are not part of this protocol");
    reject(context, session, why, data.byteLength);
    return true;
  }
  if (exceedsBytes(data, LIMITS.textBytes)) return false;
  const value = parseJson(data);
  if (value === undefined) rejectUnreadable(context, session, data);
  else if (session.kind === "plain") receivePlain(context, session, readPlain(value), data.length);
  else receiveV1(context, session, readFrames(value), data.length);
  return true;
}

/**
 * A text arrived on a connection that is closed. The runtime reads on for as long as the client sends, and delays
 * others meanwhile (seen with workerd 2026-10-23). While the object takes no events, the client has to wait.
 */
export function receiveAfterClose(context: MailboxContext, data: string | ArrayBuffer): void {
  pauseEvents(
    context,
    REJECTED.TEXT_PRICE + (typeof data === "string" ? data.length : data.byteLength) / REJECTED.UNITS_PER_FRAME,
  );
}

function receiveV1(context: MailboxContext, session: V1Session, frames: readonly Up[], units: number): void {
  // A refused send is answered after the sends before it.
  if (frames.some(({ type }) => type === "send" || type === "refused" || type === "read")) {
    const work = () => dispatchFrames(context, session, frames, units);
    // Sends during a call to their receiver leave with the next call: until then they are collected. An ack that came
    // with them can wait as long.
    const canWait = (frame: Up) =>
      frame.type === "ack" || (frame.type === "send" && context.outbox.isCalling(frame.to));
    if (frames.every(canWait)) context.groupCommit.enqueueAfterCall(work, units + TEXT_UNITS);
    else context.groupCommit.enqueue(work, units + TEXT_UNITS);
    return;
  }
  dispatchFrames(context, session, frames, units);
  if (pump(context, session)) context.groupCommit.enqueue(() => undefined);
  flush(context, session);
}

function receivePlain(context: MailboxContext, session: PlainSession, read: PlainUp, units: number): void {
  if (read.type === "refused") return reject(context, session, read.refusal, units);
  context.groupCommit.enqueue(() => sendPlain(context, session, read.to, read.body, units), units + TEXT_UNITS);
}

/** The plain dialect ignores a blank text, but for its price. */
function rejectUnreadable(context: MailboxContext, session: Session, text: string): void {
  if (session.kind !== "plain" || text.trim() !== "")
    return reject(context, session, refusal("bad_frame", "it is not JSON"), text.length);
  chargeRejected(context, session, 1, text.length);
  flush(context, session);
}

function reject(context: MailboxContext, session: Session, why: Refusal<CodeIn<"error">>, units: number): void {
  chargeRejected(context, session, 1, units);
  const frame = session.kind === "plain" ? writePlainRefusal(context.user, Date.now(), why) : writeError(why);
  session.output.queueFrame(frame);
  flush(context, session);
}

/** Sends the answers; the next group commit closes a connection that floods. */
function flush(context: MailboxContext, session: Session): void {
  context.sockets.flush();
  if (session.status === "flooding") context.groupCommit.enqueue(() => undefined);
}
