// A text arrived on a socket: size before parse, parse before trust. What writes joins the next group; what does not is done at once.
import { REJECTED } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { writeError } from "../../protocol/down.ts";
import { readPlain, textTooLarge, writePlainRefusal } from "../../protocol/plain.ts";
import { readText } from "../../protocol/up.ts";
import { V1 } from "../../protocol/version.ts";
import { chargeRejected, pauseEvents } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import { sendPlain } from "../delivery/send-message.ts";
import { dispatchFrames } from "./dispatch-frames.ts";
import { pump } from "../reading/pump.ts";
import type { Session } from "./sockets.ts";

/** UTF-16 units that a text counts in a group beside its own. Answers: very many small ones in one group, which nobody else's event interrupts. */
const TEXT_UNITS = 200;

/** False if the connection has to end, because the text was too large to be read. */
export function receiveText(context: MailboxContext, session: Session, data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") {
    complain(context, session, refusal("bad_frame", "binary frames are not part of this protocol"), data.byteLength);
    return true;
  }
  if (textTooLarge(data)) return false;
  if (session.dialect === V1) receiveV1(context, session, data);
  else receivePlain(context, session, data);
  return true;
}

function receiveV1(context: MailboxContext, session: Session, text: string): void {
  const frames = readText(text);
  // A refused send is judged behind the sends that wait.
  if (frames.some(({ type }) => type === "send" || type === "refused" || type === "read")) {
    // What is sent while a call to its receiver is under way leaves with the next one: until then it is collected.
    const work = () => dispatchFrames(context, session, frames, text.length);
    const units = text.length + TEXT_UNITS;
    if (frames.every((frame) => frame.type === "send" && context.outbox.isCalling(frame.to)))
      context.groupCommit.enqueueAfterCall(work, units);
    else context.groupCommit.enqueue(work, units);
    return;
  }
  dispatchFrames(context, session, frames, text.length);
  pump(context, session);
  finish(context, session);
}

function receivePlain(context: MailboxContext, session: Session, text: string): void {
  const read = readPlain(text);
  const units = text.length;
  if (read === null) {
    chargeRejected(context, session, 1, units);
    return finish(context, session);
  }
  if (read.type === "refused") return complain(context, session, read.refusal, units);
  context.groupCommit.enqueue(() => sendPlain(context, session, read.to, read.body, units), units + TEXT_UNITS);
}

/** Sends what was said; the end of the next group closes a socket that floods. */
function finish(context: MailboxContext, session: Session): void {
  context.sockets.flush();
  if (session.isFlooding) context.groupCommit.enqueue(() => undefined);
}

function complain(context: MailboxContext, session: Session, why: Refusal, units: number): void {
  chargeRejected(context, session, 1, units);
  const frame = session.dialect === V1 ? writeError(why) : writePlainRefusal(context.user, Date.now(), why);
  context.sockets.queueFrame(session, frame);
  finish(context, session);
}

/**
 * A text arrived on a socket that was closed. The runtime reads on for as long as the client sends, and others wait meanwhile (seen with workerd
 * 2026-10-23); while the object takes no events, the client has to.
 */
export function receiveAfterClose(context: MailboxContext, data: string | ArrayBuffer): void {
  pauseEvents(context, REJECTED.TEXT + (typeof data === "string" ? data.length : data.byteLength) / REJECTED.UNITS);
}
