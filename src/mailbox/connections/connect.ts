// A client connects: whether it may, where in the log its connection starts, and what it is sent first.
import { tokenIdOf } from "../../protocol/service.ts";
import type { ConnectionQuery } from "../../protocol/connection-query.ts";
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import type { Proof } from "../../protocol/caller.ts";
import { writeFrame } from "../../protocol/down.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1, VERSION } from "../../protocol/version.ts";
import { checkAccess, tokenOf } from "../access/check-token.ts";
import type { MailboxContext } from "../instance/context.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import { checkConnectAllowance } from "../limits/allowance.ts";
import { type MailboxRow, PLAIN_DEVICE } from "../log/schema.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import { queueGap } from "../reading/pump.ts";
import { checkCursor, resumePointOf } from "../reading/resume-point.ts";
import type { Grant } from "./connection-state.ts";
import type { PlainSession, Session, V1Session, Wire } from "./sockets.ts";
import { checkTakeover } from "./takeover-limit.ts";

type V1Request = Extract<ConnectionRequest, { readonly dialect: typeof V1 }>;

/** Why this client may not connect, or null. */
export function checkConnect(context: MailboxContext, request: ConnectionRequest): Refusal | null {
  const no = checkAccess(context, request.proof);
  if (no !== null) return no;
  if (Date.now() < context.refuseWritesUntil) return refusal("unable_to_store");
  if (request.dialect !== V1) return checkConnectAllowance(context, PLAIN_DEVICE);
  const { cursor, device } = request.place;
  const badCursor = checkCursor(context, cursor);
  if (badCursor !== null) return badCursor;
  // Counted like any other upgrade. Answers: stale attempts, each of which wakes the mailbox.
  if (isStale(context, request.place)) return checkConnectAllowance(context, device) ?? refusal("replaced");
  return checkTakeover(context, request) ?? checkConnectAllowance(context, device);
}

/** Whether the same client has opened a connection of this device since it made this attempt, which came late. */
function isStale(context: MailboxContext, { device, attempt = null }: ConnectionQuery): boolean {
  const open = context.sockets.ofDevice(device)?.attempt ?? null;
  if (attempt === null || open === null) return false;
  return open.instance === attempt.instance && open.number > attempt.number;
}

/** Opens a connection. To be done in a group commit of its own: everything that was sent before is then in the log. */
export function connect(context: MailboxContext, request: ConnectionRequest, ws: Wire): Session {
  const row = context.log.ensureCreated(context.user);
  context.log.trimIfDue(() => context.outbox.oldestUnsettled);
  return request.dialect === V1 ? connectV1(context, row, request, ws) : connectPlain(context, request.proof, ws);
}

function connectV1(context: MailboxContext, row: MailboxRow, request: V1Request, ws: Wire): V1Session {
  const { device, runs = false, early = false, relations = false, attempt = null } = request.place;
  const { gap, ...start } = resumePointOf(context, row, request.place);
  const session = context.sockets.accept(ws, {
    kind: request.stream === true ? "stream" : "v1",
    device,
    ...grantOf(context, request.proof),
    opened: context.log.head,
    ...start,
    ackedSincePersist: 0,
    unacked: [],
    runs,
    // A stream has no attachment that could hold early marks.
    early: early && request.stream !== true,
    relations,
    watched: [],
    attempt,
  });
  const { position, advancesDelivered } = start;
  if (advancesDelivered) advanceDelivered(context, position);
  // The first row of a device is written at once: from here on the device has been seen. So is a jump that ends its
  // part in `delivered`.
  if (context.log.devices.get(device) === null || !advancesDelivered) persistCursor(context, session);
  queueWelcome(context, session, row.epoch);
  if (gap !== null) queueGap(session, gap);
  return session;
}

function queueWelcome(context: MailboxContext, session: V1Session, epoch: string): void {
  const { device, expires, runs, early, relations } = session;
  const name = context.log.row?.displayName;
  session.output.queueFrame(
    writeFrame({
      type: "welcome",
      version: VERSION,
      user: context.user,
      device,
      epoch,
      head: context.log.head,
      lastId: context.log.devices.get(device)?.lastId ?? 0,
      ...(expires !== null && { expires }),
      ...(runs && { runs }),
      ...(early && { early }),
      ...(relations && { relations }),
      ...(typeof name === "string" && { displayName: name }),
      limits: LIMITS,
    }),
  );
  // What follows may take long on a slow link: the client knows at once that it is connected.
  session.output.endText();
}

/** All plain sockets are one device. A new one starts where nothing was delivered to any device yet. */
function connectPlain(context: MailboxContext, proof: Proof, ws: Wire): PlainSession {
  const { delivered } = context.log.devices;
  return context.sockets.accept(ws, {
    kind: "plain",
    device: PLAIN_DEVICE,
    ...grantOf(context, proof),
    position: delivered,
    acked: delivered,
    advancesDelivered: true,
    ackedSincePersist: 0,
  });
}

/** What a connection keeps of the proof that opened it. */
export function grantOf(context: MailboxContext, proof: Proof): Grant {
  const token = proof.is === "service" ? context.log.account.service.token(proof.hash) : tokenOf(context, proof);
  return {
    token: token === null ? null : tokenIdOf(token.hash),
    expires: proof.is === "jwt" ? proof.expires : null,
    since: Date.now(),
  };
}
