// A text arrived on a socket: size before parse, parse before trust. What writes joins the next group; what does not is done at once.
import { WASTE } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { writeError } from "../../protocol/down.ts";
import { readPlain, textTooLarge, writePlainRefusal } from "../../protocol/plain.ts";
import { readText } from "../../protocol/up.ts";
import { V1 } from "../../protocol/version.ts";
import { charge, rest } from "../limits/allowance.ts";
import type { Box } from "../context.ts";
import { postPlain } from "../delivery/send-message.ts";
import { post } from "./dispatch-frames.ts";
import { pump } from "../reading/pump.ts";
import type { Session } from "./sockets.ts";

/** UTF-16 units that a text counts in a group beside its own. Answers: very many small ones in one group, which nobody else's event interrupts. */
const TEXT_UNITS = 200;

/** False if the connection has to end, because the text was too large to be read. */
export function receive(box: Box, session: Session, data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") {
    complain(box, session, refusal("bad_frame", "binary frames are not part of this protocol"), data.byteLength);
    return true;
  }
  if (textTooLarge(data)) return false;
  if (session.dialect === V1) receiveV1(box, session, data);
  else receivePlain(box, session, data);
  return true;
}

function receiveV1(box: Box, session: Session, text: string): void {
  const frames = readText(text);
  // A refused send is judged behind the sends that wait.
  if (frames.some(({ type }) => type === "send" || type === "refused" || type === "read")) {
    // What is sent while a call to its receiver is under way leaves with the next one: until then it is collected.
    const work = () => post(box, session, frames, text.length);
    const units = text.length + TEXT_UNITS;
    if (frames.every((frame) => frame.type === "send" && box.lanes.calls(frame.to))) box.turn.joinBehind(work, units);
    else box.turn.join(work, units);
    return;
  }
  post(box, session, frames, text.length);
  pump(box, session);
  finish(box, session);
}

function receivePlain(box: Box, session: Session, text: string): void {
  const read = readPlain(text);
  const units = text.length;
  if (read === null) {
    charge(box, session, 1, units);
    return finish(box, session);
  }
  if (read.type === "refused") return complain(box, session, read.refusal, units);
  box.turn.join(() => postPlain(box, session, read.to, read.body, units), units + TEXT_UNITS);
}

/** Sends what was said; the end of the next group closes a socket that floods. */
function finish(box: Box, session: Session): void {
  box.sockets.flush();
  if (session.isFlooding) box.turn.join(() => undefined);
}

function complain(box: Box, session: Session, why: Refusal, units: number): void {
  charge(box, session, 1, units);
  const frame = session.dialect === V1 ? writeError(why) : writePlainRefusal(box.user, Date.now(), why);
  box.sockets.say(session, frame);
  finish(box, session);
}

/**
 * A text arrived on a socket that was closed. The runtime reads on for as long as the client sends, and others wait meanwhile (seen with workerd
 * 2026-10-23); while the object takes no events, the client has to.
 */
export function receiveLate(box: Box, data: string | ArrayBuffer): void {
  rest(box, WASTE.TEXT + (typeof data === "string" ? data.length : data.byteLength) / WASTE.UNITS);
}
