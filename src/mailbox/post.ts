// A device sends. Ids are consecutive for each device: at or below the last one means accepted, for ever; the next one is taken;
// anything above is refused and stays free. So idempotency costs no look-up, no row, and has no time limit.
import { count, counts, countStored } from "../protocol/counts.ts";
import { writeError, writeRefused } from "../protocol/down.ts";
import { REPEATED_IDS } from "../protocol/limits.ts";
import { writePlainRefusal } from "../protocol/plain.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Send, Up } from "../protocol/up.ts";
import { acknowledge } from "./ack.ts";
import type { Box } from "./box.ts";
import { wroteTo } from "./contacts.ts";
import { type Device, type Entry, PLAIN_DEVICE } from "./log/schema.ts";
import { read } from "./receipt.ts";
import { objectionToSending, spend } from "./quota.ts";
import { renew } from "./renew.ts";
import { type, watch } from "./signal.ts";
import type { Session } from "./sockets.ts";

/** Answers that a frame was not taken. */
type Refuse = (id: number, why: Refusal) => void;

/** Answers the frames of one text, in their order. To be done in a group. */
export function post(box: Box, session: Session, frames: readonly Up[]): void {
  // Closed or replaced while the group waited: nothing was answered, and the device sends it again.
  if (box.sockets.of(session.ws) !== session) return;
  const device = deviceOf(box, session);
  const now = Date.now();
  const repeats: Send[] = [];
  let held = 0;
  const refuse: Refuse = (id, why) => {
    count("refused", why.code);
    session.vain++;
    box.sockets.say(session, writeRefused(id, why));
  };
  for (const frame of frames) {
    switch (frame.type) {
      case "send":
        if (frame.id <= device.lastId) repeats.push(frame);
        else if (frame.id > device.lastId + 1) refuse(frame.id, refusal("out_of_order"));
        else take(box, device, frame, session, refuse, now);
        break;
      case "refused":
        // At or below the last id something was accepted, for ever, and it was not this.
        refuse(frame.id, frame.id <= device.lastId ? refusal("id_reused") : frame.refusal);
        break;
      case "error":
        session.vain++;
        box.sockets.say(session, writeError(frame.refusal));
        break;
      case "ack":
        held = Math.max(held, frame.seq);
        break;
      case "read":
        read(box, frame.peer, frame.seq);
        break;
      case "typing":
        type(box, frame.to);
        break;
      case "watch":
        watch(box, session, frame.peers);
        break;
      case "token":
        box.background(renew(box, session, frame.token));
        break;
      default:
        frame satisfies never;
    }
  }
  if (held > 0) acknowledge(box, session, held);
  if (repeats.length > 0) repeat(box, session, repeats, refuse);
}

/** A plain message: no id, and no answer but where it is refused or fails. */
export function postPlain(box: Box, session: Session, to: string, body: string): void {
  const no = objectionToSending(box, to);
  if (no !== null) {
    count("refused", no.code);
    session.vain++;
    return box.sockets.say(session, writePlainRefusal(box.user, Date.now(), no));
  }
  session.vain = 0;
  const entry = append(box, to, null, null, body);
  if (entry.kind === "out") box.lanes.add(entry, null);
}

function take(box: Box, device: Device, frame: Send, session: Session, refuse: Refuse, at: number): void {
  const no = objectionToSending(box, frame.to);
  if (no !== null) return refuse(frame.id, no);
  const entry = append(box, frame.to, device.name, frame.id, frame.body, at);
  box.log.devices.took(device.name, frame.id);
  session.vain = 0;
  if (entry.kind === "self") box.sockets.answer(session, frame.id, "stored", entry);
  else box.lanes.add(entry, (state) => box.sockets.answer(session, frame.id, state, entry));
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
  if (kind === "out") {
    wroteTo(box, to);
    spend(box);
  } else countStored(0);
  counts.accepted++;
  return box.log.append({ kind, peer: to, origin: null, device, id, at, body });
}

/** The same answer again, for ever; which is nothing new. */
function repeat(box: Box, session: Session, frames: readonly Send[], refuse: Refuse): void {
  session.vain += frames.length;
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
