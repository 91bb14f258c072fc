// Dispatches the frames of one text of a v1 socket: sends, acks, and the signals that are no messages.
import { count } from "../../protocol/counters.ts";
import { writeError, writeRefused } from "../../protocol/down.ts";
import { refusal } from "../../protocol/refusals.ts";
import { REJECTED } from "../../protocol/limits.ts";
import type { Send, Up } from "../../protocol/up.ts";
import { acknowledge } from "../reading/acknowledge.ts";
import { chargeRejected, pauseEvents, takeRenewal, takeSignal } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import { markRead } from "../delivery/receipts.ts";
import { type Refuse, answerRepeats, acceptSend } from "../delivery/send-message.ts";
import { type Device, PLAIN_DEVICE } from "../log/schema.ts";
import { renewToken } from "./renew-token.ts";
import { watchPresence } from "../presence/presence.ts";
import { sendTyping } from "../presence/signals.ts";
import type { Session } from "./sockets.ts";

/** What a device says beside messages and acks. */
type Said = Extract<Up, { readonly type: "read" | "typing" | "watch" | "token" }>;

/** A token is verified: as much work as so many other frames. */
const TOKEN_PRICE = 10;

/** Answers the frames of one text of so many UTF-16 units, in their order. To be done in a group. */
export function dispatchFrames(context: MailboxContext, session: Session, frames: readonly Up[], units: number): void {
  // Closed or replaced while the group waited: nothing was answered, and the device sends it again. Or it is about to be closed.
  if (session.isFlooding || context.sockets.of(session.ws) !== session) return;
  const device = deviceOf(context, session);
  const now = Date.now();
  const repeats: Send[] = [];
  const signals: Said[] = [];
  let held = 0;
  // Frames without effect, and the units of those that had one.
  let wasted = 0;
  let used = 0;
  const refuse: Refuse = (id, why) => {
    count("refused", why.code);
    wasted++;
    context.sockets.queueFrame(session, writeRefused(id, why));
  };
  for (const frame of frames) {
    switch (frame.type) {
      case "send":
        if (frame.id <= device.lastId) repeats.push(frame);
        else if (frame.id > device.lastId + 1) refuse(frame.id, refusal("out_of_order"));
        else used += acceptSend(context, device, frame, session, refuse, now);
        break;
      case "refused":
        // At or below the last id something was accepted, for ever, and it was not this.
        refuse(frame.id, frame.id <= device.lastId ? refusal("id_reused") : frame.refusal);
        break;
      case "error":
        wasted++;
        context.sockets.queueFrame(session, writeError(frame.refusal));
        break;
      case "ack":
        held = Math.max(held, frame.seq);
        break;
      case "read":
      case "typing":
      case "watch":
      case "token":
        signals.push(frame);
        break;
      default:
        frame satisfies never;
    }
  }
  if (held > 0 && !acknowledge(context, session, held)) {
    if (takeSignal(context) > 0) wasted++;
    else pauseEvents(context, REJECTED.TEXT);
  }
  if (signals.length > 0) {
    pauseEvents(context, REJECTED.TEXT + signals.length);
    wasted += signal(context, session, signals);
  }
  if (repeats.length > 0) {
    answerRepeats(context, session, repeats, refuse);
    wasted += repeats.length;
  }
  chargeRejected(context, session, wasted, units - used);
}

/** Does what is said beside messages, as far as the user's allowance goes; the number of frames without effect. */
function signal(context: MailboxContext, session: Session, frames: readonly Said[]): number {
  let done = 0;
  let wait = 0;
  for (const frame of latest(frames)) {
    const missing = takePrice(context, session, frame);
    wait = Math.max(wait, missing);
    if (missing > 0) continue;
    done++;
    obey(context, session, frame);
  }
  if (wait > 0) {
    count("refused", "rate_limited");
    const why = refusal("rate_limited", "frames that are no messages were dropped");
    context.sockets.queueFrame(session, writeError({ ...why, retryAfter: wait }));
  }
  return frames.length - done;
}

/** Of several that are about the same, the last one; of what was read, the furthest. */
function latest(frames: readonly Said[]): Iterable<Said> {
  if (frames.length === 1) return frames;
  const last = new Map<string, Said>();
  for (const frame of frames) {
    const about =
      frame.type === "read" ? `read ${frame.peer}` : frame.type === "typing" ? `typing ${frame.to}` : frame.type;
    const before = last.get(about);
    if (before?.type !== "read" || frame.type !== "read" || frame.seq > before.seq) last.set(about, frame);
  }
  return last.values();
}

/** Takes what a frame costs; or in how many ms there is enough. */
function takePrice(context: MailboxContext, session: Session, { type }: Said): number {
  return type === "token" ? takeRenewal(session) || takeSignal(context, TOKEN_PRICE) : takeSignal(context);
}

function obey(context: MailboxContext, session: Session, frame: Said): void {
  switch (frame.type) {
    case "read":
      return markRead(context, frame.peer, frame.seq);
    case "typing":
      return sendTyping(context, frame.to);
    case "watch":
      return watchPresence(context, session, frame.peers);
    case "token":
      return context.background(renewToken(context, session, frame.token));
    default:
      frame satisfies never;
  }
}

function deviceOf(context: MailboxContext, session: Session): Device {
  const device = context.log.devices.get(session.device);
  if (device === null || session.device === PLAIN_DEVICE) throw new Error("a v1 socket has a device of its own");
  return device;
}
