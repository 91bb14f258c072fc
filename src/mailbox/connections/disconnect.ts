// A connection ends: its client closed or lost it, or it is ended from here. What its device held is persisted; a newer
// connection of the device stays. All of it is to be done in a transaction.
import type { CodeIn } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import type { Session } from "./sockets.ts";

/** The client closed its connection. */
export function onClientClosed(context: MailboxContext, session: Session): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.forget(session);
}

/** Ends a stream of events whose window is full. Its client connects again, which is its ack. */
export function closeStream(context: MailboxContext, session: Session): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.finish(session);
}

/** Ends a connection, and sends the reason. `retryAfter`: ms, where it is another than the code's own. */
export function closeWithCode(
  context: MailboxContext,
  session: Session,
  code: CodeIn<"closing">,
  retryAfter?: number,
): void {
  persistCursor(context, session, { seen: Date.now() });
  context.sockets.close(session, code, context.user, retryAfter);
}
