// A text arrived on a socket: size before parse, parse before trust. What writes joins the next group; what does not is done at once.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { writeError } from "../protocol/down.ts";
import { readPlain, textTooLarge, writePlainRefusal } from "../protocol/plain.ts";
import { readText } from "../protocol/up.ts";
import { V1 } from "../protocol/version.ts";
import type { Box } from "./box.ts";
import { post, postPlain } from "./post.ts";
import { pump } from "./pump.ts";
import type { Session } from "./sockets.ts";

/** False if the connection has to end, because the text was too large to be read. */
export function receive(box: Box, session: Session, data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") {
    complain(box, session, refusal("bad_frame", "binary frames are not part of this protocol"));
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
    const work = () => post(box, session, frames);
    if (frames.every((frame) => frame.type === "send" && box.lanes.calls(frame.to)))
      box.turn.joinBehind(work, text.length);
    else box.turn.join(work, text.length);
    return;
  }
  post(box, session, frames);
  pump(box, session);
  box.sockets.flush();
}

function receivePlain(box: Box, session: Session, text: string): void {
  const read = readPlain(text);
  if (read === null) return;
  if (read.type === "send") box.turn.join(() => postPlain(box, session, read.to, read.body), text.length);
  else complain(box, session, read.refusal);
}

function complain(box: Box, session: Session, why: Refusal): void {
  session.vain++;
  const frame = session.dialect === V1 ? writeError(why) : writePlainRefusal(box.user, Date.now(), why);
  box.sockets.say(session, frame);
  box.sockets.flush();
}
