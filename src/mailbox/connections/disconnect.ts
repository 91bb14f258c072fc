// A socket is gone: closed by its client, lost, or ended by us. What its device held is kept; a newer socket is left alone.
import type { Code } from "../../protocol/refusals.ts";
import { keepCursor } from "../reading/acknowledge.ts";
import type { Box } from "../context.ts";
import type { Session } from "./sockets.ts";

/** Lets go of a socket that its client closed. To be done in a group. */
export function leave(box: Box, session: Session): void {
  keepCursor(box, session, { seen: Date.now() });
  box.sockets.forget(session.ws);
}

/** A stream of events takes no more; its client comes again, which is its ack. To be done in a group. */
export function finish(box: Box, session: Session): void {
  keepCursor(box, session, { seen: Date.now() });
  box.sockets.finish(session);
}

/** Ends a connection, and says why. To be done in a group. */
export function end(box: Box, session: Session, code: Code): void {
  keepCursor(box, session, { seen: Date.now() });
  box.sockets.close(session, code, box.user);
}
