// A device sends. Ids are consecutive for each device: at or below the last one means accepted, for as long as the device is
// known; the next one is taken; anything above is refused and stays free. So idempotency costs no row, and has no time limit.
import { count, counts, countStored } from "../../protocol/counters.ts";
import { writeError, writeRefused } from "../../protocol/down.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { REPEATED_IDS, WASTE } from "../../protocol/limits.ts";
import type { Send, Up } from "../../protocol/up.ts";
import { acknowledge } from "../reading/acknowledge.ts";
import { charge, rest, takeRenewal, takeSignal } from "../limits/allowance.ts";
import type { Box } from "../context.ts";
import { wroteTo } from "../access/contacts.ts";
import { type Device, type Entry, PLAIN_DEVICE } from "../log/schema.ts";
import { read } from "../delivery/receipts.ts";
import { objectionToSending, spend } from "../limits/quotas.ts";
import { renew } from "./renew-token.ts";
import { watch } from "../presence/presence.ts";
import { type } from "../presence/signals.ts";
import type { Session } from "./sockets.ts";

/** What a device says beside messages and acks. */
type Said = Extract<Up, { readonly type: "read" | "typing" | "watch" | "token" }>;

/** UTF-16 units of a frame `send` beside its body: its fields, a long name, and spaces. */
const FRAME_UNITS = 200;
/** A token is verified: as much work as so many other frames. */
const TOKEN_PRICE = 10;

/** Answers that a frame was not taken. */
type Refuse = (id: number, why: Refusal) => void;

/** Answers the frames of one text of so many UTF-16 units, in their order. To be done in a group. */
export function post(box: Box, session: Session, frames: readonly Up[], units: number): void {
  // Closed or replaced while the group waited: nothing was answered, and the device sends it again. Or it is about to be closed.
  if (session.isFlooding || box.sockets.of(session.ws) !== session) return;
  const device = deviceOf(box, session);
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
    box.sockets.say(session, writeRefused(id, why));
  };
  for (const frame of frames) {
    switch (frame.type) {
      case "send":
        if (frame.id <= device.lastId) repeats.push(frame);
        else if (frame.id > device.lastId + 1) refuse(frame.id, refusal("out_of_order"));
        else used += take(box, device, frame, session, refuse, now);
        break;
      case "refused":
        // At or below the last id something was accepted, for ever, and it was not this.
        refuse(frame.id, frame.id <= device.lastId ? refusal("id_reused") : frame.refusal);
        break;
      case "error":
        wasted++;
        box.sockets.say(session, writeError(frame.refusal));
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
  if (held > 0 && !acknowledge(box, session, held)) {
    if (takeSignal(box) > 0) wasted++;
    else rest(box, WASTE.TEXT);
  }
  if (signals.length > 0) {
    rest(box, WASTE.TEXT + signals.length);
    wasted += signal(box, session, signals);
  }
  if (repeats.length > 0) {
    repeat(box, session, repeats, refuse);
    wasted += repeats.length;
  }
  charge(box, session, wasted, units - used);
}

/** Does what is said beside messages, as far as the user's allowance goes; the number of frames without effect. */
function signal(box: Box, session: Session, frames: readonly Said[]): number {
  let done = 0;
  let wait = 0;
  for (const frame of latest(frames)) {
    const missing = takePrice(box, session, frame);
    wait = Math.max(wait, missing);
    if (missing > 0) continue;
    done++;
    obey(box, session, frame);
  }
  if (wait > 0) {
    count("refused", "rate_limited");
    const why = refusal("rate_limited", "frames that are no messages were dropped");
    box.sockets.say(session, writeError({ ...why, retryAfter: wait }));
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
function takePrice(box: Box, session: Session, { type }: Said): number {
  return type === "token" ? takeRenewal(session) || takeSignal(box, TOKEN_PRICE) : takeSignal(box);
}

function obey(box: Box, session: Session, frame: Said): void {
  switch (frame.type) {
    case "read":
      return read(box, frame.peer, frame.seq);
    case "typing":
      return type(box, frame.to);
    case "watch":
      return watch(box, session, frame.peers);
    case "token":
      return box.background(renew(box, session, frame.token));
    default:
      frame satisfies never;
  }
}

/** A plain message of so many UTF-16 units: no id, and no answer but where it is refused or fails. */
export function postPlain(box: Box, session: Session, to: string, body: string, units: number): void {
  if (session.isFlooding) return;
  const no = objectionToSending(box, to);
  if (no !== null) {
    count("refused", no.code);
    box.sockets.say(session, writePlainRefusal(box.user, Date.now(), no));
    return charge(box, session, 1, units);
  }
  charge(box, session, 0, units - body.length);
  const entry = append(box, to, null, null, body);
  if (entry.kind === "out") box.lanes.add(entry, null);
}

/** Takes a message; the units that went into it, at most. */
function take(box: Box, device: Device, frame: Send, session: Session, refuse: Refuse, at: number): number {
  const no = objectionToSending(box, frame.to);
  if (no !== null) {
    refuse(frame.id, no);
    return 0;
  }
  const entry = append(box, frame.to, device.name, frame.id, frame.body, at);
  box.log.devices.took(device.name, frame.id);
  if (entry.kind === "self") box.sockets.answer(session, frame.id, "stored", entry);
  else box.lanes.add(entry, (state) => box.sockets.answer(session, frame.id, state, entry));
  return frame.body.length + FRAME_UNITS;
}

/** Writes what the user sends, to be delivered by the lanes. */
export function append(
  box: Box,
  to: string,
  device: string | null,
  id: number | null,
  body: string,
  at = Date.now(),
): Entry {
  const kind = to === box.user ? "self" : "out";
  spend(box);
  if (kind === "out") wroteTo(box, to);
  else countStored(0);
  counts.accepted++;
  return box.log.append({ kind, peer: to, origin: null, device, id, at, body });
}

/** The same answer again, for ever; which is nothing new. */
function repeat(box: Box, session: Session, frames: readonly Send[], refuse: Refuse): void {
  // Old ones are not looked for: that they were accepted is certain without the log.
  const oldest = (box.log.devices.get(session.device)?.lastId ?? 0) - REPEATED_IDS;
  const recent = frames.map(({ id }) => id).filter((id) => id > oldest);
  const kept = recent.length === 0 ? null : box.log.entries.sentBy(session.device, new Set(recent));
  const { firstOwed } = box.lanes;
  const owed = firstOwed === null ? null : box.log.entries.get(firstOwed);
  for (const { id, to, body } of frames) {
    const entry = kept?.get(id);
    // What is not found may be on its way, if it can have been sent after the oldest that is.
    const isSettled = owed === null || (owed.device === session.device && id < (owed.id ?? 0));
    if (entry === undefined) box.sockets.answer(session, id, isSettled ? "stored" : "queued");
    else if (entry.peer !== to || entry.body !== body) refuse(id, refusal("id_reused"));
    else box.lanes.answer(entry, (state) => box.sockets.answer(session, id, state, entry));
  }
}

function deviceOf(box: Box, session: Session): Device {
  const device = box.log.devices.get(session.device);
  if (device === null || session.device === PLAIN_DEVICE) throw new Error("a v1 socket has a device of its own");
  return device;
}
