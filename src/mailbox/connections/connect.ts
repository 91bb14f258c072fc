// Somebody connects: from which point of the log does this socket go on?
import { write } from "../../protocol/down.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1, VERSION } from "../../protocol/version.ts";
import type { Visit } from "../../protocol/connection-request.ts";
import type { Proof } from "../../protocol/caller.ts";
import { holder, idOf, objectionTo } from "../access/account.ts";
import { keepCursor } from "../reading/acknowledge.ts";
import { objectionToConnect } from "../limits/allowance.ts";
import type { Box } from "../context.ts";
import { type Life, PLAIN_DEVICE } from "../log/schema.ts";
import { carry } from "../delivery/receipts.ts";
import { objectionToCursor, startOf } from "../reading/resume-point.ts";
import type { Session, Wire } from "./sockets.ts";
import { objectionToTakeover } from "./takeover-limit.ts";

type V1Visit = Extract<Visit, { readonly dialect: typeof V1 }>;

/** Why this visit can't be, or null. */
export function objection(box: Box, visit: Visit): Refusal | null {
  const why = objectionTo(box, visit.proof);
  if (why !== null) return why;
  if (Date.now() < box.unableUntil) return refusal("unable_to_store");
  if (visit.dialect !== V1) return objectionToConnect(box, PLAIN_DEVICE);
  const no = objectionToCursor(box, visit.place.cursor) ?? objectionToTakeover(box, visit);
  return no ?? objectionToConnect(box, visit.place.device);
}

/** Opens a socket: to be done in a group of its own, so that everything sent before is counted in. */
export function open(box: Box, visit: Visit, ws: Wire): Session {
  const life = box.log.found(box.user);
  box.log.trimSometimes(() => box.lanes.firstOwed);
  return visit.dialect === V1 ? openV1(box, life, visit, ws) : openPlain(box, visit, ws);
}

function openV1(box: Box, life: Life, { place, proof }: V1Visit, ws: Wire): Session {
  const { position, held, gap, carries } = startOf(box, life, place);
  const { device } = place;
  const session = box.sockets.accept(ws, {
    dialect: V1,
    device,
    ...grantOf(box, proof),
    opened: box.log.head,
    position,
    acked: held,
    carries,
    watched: [],
    unkept: 0,
    unacked: [],
    runs: place.runs === true,
  });
  if (carries) carry(box, position);
  // A device's first row is written at once: from here on it has been seen. So is a jump, which ends what it carried.
  if (box.log.devices.get(device) === null || !carries) keepCursor(box, session);
  box.sockets.say(
    session,
    write({
      type: "welcome",
      version: VERSION,
      user: box.user,
      device,
      epoch: life.epoch,
      head: box.log.head,
      lastId: box.log.devices.get(device)?.lastId ?? 0,
      ...(session.expires !== null && { expires: session.expires }),
      ...(session.runs && { runs: true }),
      limits: LIMITS,
    }),
  );
  if (gap !== null) {
    const frame = write({ type: "gap", ...gap });
    box.sockets.sayLog(session, { frames: [frame], count: 1, bytes: frame.length, last: gap.seq }, gap.seq);
  }
  return session;
}

/** All plain sockets are one device, and it goes on with what no device has had yet. */
function openPlain(box: Box, { proof }: Visit, ws: Wire): Session {
  const { head } = box.log;
  const { delivered } = box.log.devices;
  const place = { device: PLAIN_DEVICE, opened: head, position: delivered, acked: delivered };
  return box.sockets.accept(ws, {
    ...place,
    ...grantOf(box, proof),
    dialect: "restante.plain",
    carries: true,
    watched: [],
    unkept: 0,
    unacked: [],
    runs: false,
  });
}

/** What a socket carries of the proof that opened it. */
export function grantOf(box: Box, proof: Proof): Pick<Session, "token" | "expires" | "since"> {
  const token = proof.is === "service" ? box.log.account.service.access(proof.hash) : holder(box, proof);
  return {
    token: token === null ? null : idOf(token),
    expires: proof.is === "jwt" ? proof.expires : null,
    since: Date.now(),
  };
}
