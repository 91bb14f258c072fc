// A socket is gone: closed by its client, lost, or ended by us. What its device held is kept; a newer socket is left alone.
import type { Code } from "../../protocol/refusals.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import type { MailboxContext } from "../context.ts";
import type { Session } from "./sockets.ts";

/** Lets go of a socket that its client closed. To be done in a group. */
export function onClientClosed(context: MailboxContext, session: Session): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.forget(session.ws);
}

/** A stream of events takes no more; its client comes again, which is its ack. To be done in a group. */
export function closeStream(context: MailboxContext, session: Session): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.finish(session);
}

/** Ends a connection, and says why. To be done in a group. */
export function closeWithCode(context: MailboxContext, session: Session, code: Code): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.close(session, code, context.user);
}
