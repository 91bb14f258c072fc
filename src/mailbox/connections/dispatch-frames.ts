// Dispatches the frames of one text of a v1 connection: sends, acks, and the signals that are no messages.
import { countLabelled } from "../../protocol/counters.ts";
import { writeError, writeRefused } from "../../protocol/down.ts";
import { REJECTED } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { SendFrame, Up } from "../../protocol/up.ts";
import type { MailboxContext } from "../instance/context.ts";
import { markRead } from "../delivery/receipts.ts";
import { acceptSend } from "../delivery/send-message.ts";
import { answerRepeats, isRepeat, type Refuse } from "../delivery/deduplicate.ts";
import { chargeRejected, pauseEvents, takeRenewal, takeSignal } from "../limits/allowance.ts";
import type { Device } from "../log/schema.ts";
import { watchPresence } from "../people/presence.ts";
import { sendTyping } from "../people/signals.ts";
import { acknowledge } from "../reading/acknowledge.ts";
import { renewToken } from "./renew-token.ts";
import type { V1Session } from "./sockets.ts";

/** The frames of a device beside messages and acks. */
type SignalFrame = Extract<Up, { readonly type: "read" | "typing" | "watch" | "token" }>;

/** A token is verified: as much work as this number of other frames. */
const TOKEN_PRICE = 10;

/** What the first pass over the frames leaves to do, and to charge. */
interface Dispatch {
  readonly device: Device;
  readonly now: number;
  readonly repeats: SendFrame[];
  readonly signals: SignalFrame[];
  /** The furthest ack; 0 for none. */
  acked: number;
  /** Frames without effect. */
  rejected: number;
  /** UTF-16 units of frames that had an effect. */
  usedUnits: number;
  readonly refuse: Refuse;
}

/** Does what the frames of a text of `units` UTF-16 units say, in their order. To be done in a transaction. */
export function dispatchFrames(
  context: MailboxContext,
  session: V1Session,
  frames: readonly Up[],
  units: number,
): void {
  // Closed or replaced while the group commit waited: nothing was answered, and the device sends it again. Or it is
  // about to be closed.
  if (session.status !== "open") return;
  const dispatch = beginDispatch(context, session);
  for (const frame of frames) dispatchFrame(context, session, dispatch, frame);
  const { acked, signals, repeats } = dispatch;
  if (acked > 0) takeAck(context, session, dispatch);
  if (signals.length > 0) {
    pauseEvents(context, REJECTED.TEXT_PRICE + signals.length);
    dispatch.rejected += takeSignals(context, session, signals);
  }
  if (repeats.length > 0) {
    answerRepeats(context, session, repeats, dispatch.refuse);
    dispatch.rejected += repeats.length;
  }
  chargeRejected(context, session, dispatch.rejected, units - dispatch.usedUnits);
}

function beginDispatch(context: MailboxContext, session: V1Session): Dispatch {
  const device = context.log.devices.get(session.device);
  if (device === null) throw new Error("a v1 connection has a device of its own");
  const dispatch: Dispatch = {
    device,
    now: Date.now(),
    repeats: [],
    signals: [],
    acked: 0,
    rejected: 0,
    usedUnits: 0,
    refuse: (id, why) => {
      countLabelled("refused", why.code);
      dispatch.rejected++;
      session.output.queueFrame(writeRefused(id, why));
    },
  };
  return dispatch;
}

function dispatchFrame(context: MailboxContext, session: V1Session, dispatch: Dispatch, frame: Up): void {
  const { lastId } = dispatch.device;
  switch (frame.type) {
    case "send":
      if (isRepeat(dispatch.device, frame.id)) dispatch.repeats.push(frame);
      else if (frame.id > lastId + 1) dispatch.refuse(frame.id, refusal("out_of_order"));
      else dispatch.usedUnits += acceptSend(context, dispatch.device, frame, session, dispatch.refuse, dispatch.now);
      break;
    case "refused":
      // At or below the last id another message was accepted, so this one never is.
      dispatch.refuse(frame.id, isRepeat(dispatch.device, frame.id) ? refusal("id_reused") : frame.refusal);
      break;
    case "error":
      dispatch.rejected++;
      session.output.queueFrame(writeError(frame.refusal));
      break;
    case "ack":
      dispatch.acked = Math.max(dispatch.acked, frame.seq);
      break;
    case "read":
    case "typing":
    case "watch":
    case "token":
      dispatch.signals.push(frame);
      break;
    default:
      frame satisfies never;
  }
}

/**
 * An ack that acknowledges no frame costs as much as a signal, unless its text has a new message: such a text may have
 * waited, and a later ack been done before it.
 */
function takeAck(context: MailboxContext, session: V1Session, dispatch: Dispatch): void {
  if (acknowledge(context, session, dispatch.acked) || dispatch.usedUnits > 0) return;
  if (takeSignal(context) > 0) dispatch.rejected++;
  else pauseEvents(context, REJECTED.TEXT_PRICE);
}

/** Does what signals say, as far as the allowance of the user goes. Returns the number of frames without effect. */
function takeSignals(context: MailboxContext, session: V1Session, frames: readonly SignalFrame[]): number {
  let done = 0;
  let retryAfter = 0;
  for (const frame of latestOf(frames)) {
    const wait = takePrice(context, session, frame);
    retryAfter = Math.max(retryAfter, wait);
    if (wait > 0) continue;
    done++;
    applySignal(context, session, frame);
  }
  if (retryAfter > 0) {
    countLabelled("refused", "rate_limited");
    const why = refusal("rate_limited", "frames that are no messages were dropped");
    session.output.queueFrame(writeError({ ...why, retryAfter }));
  }
  return frames.length - done;
}

/** Of several frames about one subject the last; of `read` frames the furthest. */
function latestOf(frames: readonly SignalFrame[]): Iterable<SignalFrame> {
  if (frames.length === 1) return frames;
  const latest = new Map<string, SignalFrame>();
  for (const frame of frames) {
    const subject = subjectOf(frame);
    const before = latest.get(subject);
    if (before?.type !== "read" || frame.type !== "read" || frame.seq > before.seq) latest.set(subject, frame);
  }
  return latest.values();
}

function subjectOf(frame: SignalFrame): string {
  if (frame.type === "read") return `read ${frame.peer}`;
  return frame.type === "typing" ? `typing ${frame.to}` : frame.type;
}

/** Takes the price of a frame from the allowance. Returns 0, or the ms after which there is enough. */
function takePrice(context: MailboxContext, session: V1Session, { type }: SignalFrame): number {
  return type === "token" ? takeRenewal(session) || takeSignal(context, TOKEN_PRICE) : takeSignal(context);
}

function applySignal(context: MailboxContext, session: V1Session, frame: SignalFrame): void {
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
