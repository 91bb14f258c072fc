// A session begins, receives a text, or ends. When it begins or ends, the census gets the number of sockets, and
// contacts learn whether the user is online.
import { counterReport } from "../../metrics/report-counters.ts";
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import { V1 } from "../../protocol/version.ts";
import { connect } from "./connect.ts";
import { closeCodeOf } from "../access/check-token.ts";
import { closeWithCode, onClientClosed } from "./disconnect.ts";
import { receiveAfterClose, receiveText } from "./receive-text.ts";
import { EventStream } from "./event-stream.ts";
import type { Session, Wire } from "./sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import { announcePresence } from "../people/presence.ts";

/** When clients come back after a restart, ms. Answers: all of them at once, at a server that has just started. */
const MIN_RETURN_MS = 1_000;
const RETURN_SPREAD_MS = 4_000;

/** An event stream, for clients that WebSockets do not reach. `onGone` is called once, when its client is gone. */
export function openStream(
  context: MailboxContext,
  storage: Pick<DurableObjectStorage, "sync">,
  onGone: (stream: EventStream) => void,
): EventStream {
  const { epoch } = context.log.ensureCreated(context.user);
  return new EventStream(epoch, () => storage.sync(), onGone);
}

/** Opens a session, in a transaction of its own. It may replace another one; see `sessionToReplace`. */
export function onConnect(context: MailboxContext, visit: ConnectionRequest, wire: Wire): void {
  context.groupCommit.runNow(() => {
    const isFirst = context.sockets.size === 0;
    const replaced = sessionToReplace(context, visit);
    if (replaced !== null) {
      closeWithCode(context, replaced.session, replaced.code);
      report(context, "disconnect", replaced.session);
    }
    report(context, "connect", connect(context, visit, wire));
    if (isFirst) announcePresence(context);
  });
}

/** A text or a binary frame has arrived. A session whose access has ended, or whose text is too large, is closed. */
export function onText(context: MailboxContext, ws: WebSocket, data: string | ArrayBuffer): void {
  const session = context.sockets.of(ws);
  if (session === undefined) return receiveAfterClose(context, data);
  session.heardAt = Date.now();
  const code = closeCodeOf(context, session);
  if (code === null && receiveText(context, session, data)) return;
  context.groupCommit.runNow(() => closeWithCode(context, session, code ?? "too_large"));
  onSessionEnd(context, session);
}

/** The client closed its side, or was lost; the cursor of its device stays. */
export function onClientGone(context: MailboxContext, wire: Wire): void {
  const session = context.sockets.of(wire);
  if (session === undefined) return;
  context.groupCommit.runNow(() => onClientClosed(context, session));
  onSessionEnd(context, session);
}

/** To be called after a session was removed, by its client or by the mailbox. */
export function onSessionEnd(context: MailboxContext, session: Session): void {
  context.background(counterReport.report(context.remote.reach));
  report(context, "disconnect", session);
  if (context.sockets.size === 0) announcePresence(context);
}

/** Closes all sessions because the server restarts. Contacts learn nothing: they are closed too. Returns the number. */
export function drain(context: MailboxContext): number {
  const sessions = [...context.sockets.all()];
  for (const session of sessions) {
    closeWithCode(context, session, "restarting", MIN_RETURN_MS + Math.random() * RETURN_SPREAD_MS);
    report(context, "disconnect", session);
  }
  return sessions.length;
}

/**
 * The connection of the same device, or, where a user has as many sockets as allowed, the one that was idle for
 * longest.
 */
function sessionToReplace(
  { sockets, limits }: MailboxContext,
  visit: ConnectionRequest,
): { readonly session: Session; readonly code: "replaced" | "crowded_out" } | null {
  const own = visit.dialect === V1 ? sockets.ofDevice(visit.place.device) : undefined;
  if (own !== undefined) return { session: own, code: "replaced" };
  if (sockets.size < (limits.quotas?.SOCKETS ?? Infinity)) return null;
  const idlest = sockets.idlest();
  return idlest === undefined ? null : { session: idlest, code: "crowded_out" };
}

function report(context: MailboxContext, event: "connect" | "disconnect", { device }: Session): void {
  context.background(context.censusReport.changed({ event, device, sockets: context.sockets.size }));
}
