// Somebody connects: from which point of the log does this socket go on?
import { write } from "../../protocol/down.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1, VERSION } from "../../protocol/version.ts";
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import type { Proof } from "../../protocol/caller.ts";
import { tokenOf, checkAccess } from "../access/account.ts";
import { accessIdOf } from "../../protocol/service.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import { checkConnectAllowance } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import { type MailboxRow, PLAIN_DEVICE } from "../log/schema.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import { checkCursor, resumePointOf } from "../reading/resume-point.ts";
import type { Session, Wire } from "./sockets.ts";
import { checkTakeover } from "./takeover-limit.ts";

type V1Visit = Extract<ConnectionRequest, { readonly dialect: typeof V1 }>;

/** Why this visit can't be, or null. */
export function checkConnect(context: MailboxContext, visit: ConnectionRequest): Refusal | null {
  const why = checkAccess(context, visit.proof);
  if (why !== null) return why;
  if (Date.now() < context.refuseWritesUntil) return refusal("unable_to_store");
  if (visit.dialect !== V1) return checkConnectAllowance(context, PLAIN_DEVICE);
  const no = checkCursor(context, visit.place.cursor) ?? checkTakeover(context, visit);
  return no ?? checkConnectAllowance(context, visit.place.device);
}

/** Opens a socket: to be done in a group of its own, so that everything sent before is counted in. */
export function connect(context: MailboxContext, visit: ConnectionRequest, ws: Wire): Session {
  const life = context.log.ensureCreated(context.user);
  context.log.trimIfDue(() => context.outbox.oldestUnsettled);
  return visit.dialect === V1 ? connectV1(context, life, visit, ws) : connectPlain(context, visit, ws);
}

function connectV1(context: MailboxContext, life: MailboxRow, { place, proof }: V1Visit, ws: Wire): Session {
  const { position, held, gap, carries } = resumePointOf(context, life, place);
  const { device } = place;
  const session = context.sockets.accept(ws, {
    dialect: V1,
    device,
    ...grantOf(context, proof),
    opened: context.log.head,
    position,
    acked: held,
    carries,
    watched: [],
    unkept: 0,
    unacked: [],
    runs: place.runs === true,
  });
  if (carries) advanceDelivered(context, position);
  // A device's first row is written at once: from here on it has been seen. So is a jump, which ends what it carried.
  if (context.log.devices.get(device) === null || !carries) persistCursor(context, session);
  context.sockets.queueFrame(
    session,
    write({
      type: "welcome",
      version: VERSION,
      user: context.user,
      device,
      epoch: life.epoch,
      head: context.log.head,
      lastId: context.log.devices.get(device)?.lastId ?? 0,
      ...(session.expires !== null && { expires: session.expires }),
      ...(session.runs && { runs: true }),
      limits: LIMITS,
    }),
  );
  if (gap !== null) {
    const frame = write({ type: "gap", ...gap });
    context.sockets.queueLogFrames(session, { frames: [frame], count: 1, bytes: frame.length, last: gap.seq }, gap.seq);
  }
  return session;
}

/** All plain sockets are one device, and it goes on with what no device has had yet. */
function connectPlain(context: MailboxContext, { proof }: ConnectionRequest, ws: Wire): Session {
  const { head } = context.log;
  const { delivered } = context.log.devices;
  const place = { device: PLAIN_DEVICE, opened: head, position: delivered, acked: delivered };
  return context.sockets.accept(ws, {
    ...place,
    ...grantOf(context, proof),
    dialect: "restante.plain",
    carries: true,
    watched: [],
    unkept: 0,
    unacked: [],
    runs: false,
  });
}

/** What a socket carries of the proof that opened it. */
export function grantOf(context: MailboxContext, proof: Proof): Pick<Session, "token" | "expires" | "since"> {
  const token = proof.is === "service" ? context.log.account.service.access(proof.hash) : tokenOf(context, proof);
  return {
    token: token === null ? null : accessIdOf(token.hash),
    expires: proof.is === "jwt" ? proof.expires : null,
    since: Date.now(),
  };
}
