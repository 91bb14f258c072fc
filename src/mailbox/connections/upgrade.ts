// The upgrade: a request that the Worker authorized (identity/authorize-upgrade.ts) becomes a WebSocket or an event
// stream, or is refused by the mailbox.
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import { V1 } from "../../protocol/version.ts";
import type { MailboxObject } from "../instance/context.ts";
import { checkConnect } from "./connect.ts";
import { onClientGone, onConnect, openStream } from "./session-events.ts";

/** Opens a connection for the request. 400 with a refusal as JSON if the mailbox refuses it. */
export function upgrade(mailbox: MailboxObject, visit: ConnectionRequest): Response {
  const context = mailbox.enter(visit.name);
  const refused = checkConnect(context, visit);
  if (refused !== null) return Response.json(refused, { status: 400 });
  if (visit.dialect === V1 && visit.stream === true) {
    const stream = openStream(context, mailbox.state.storage, (gone) =>
      onClientGone(mailbox.context(visit.name), gone),
    );
    onConnect(context, visit, stream);
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }
  const pair = new WebSocketPair();
  onConnect(context, visit, pair[1]);
  const headers: HeadersInit = visit.answer === null ? {} : { "Sec-WebSocket-Protocol": visit.answer };
  return new Response(null, { status: 101, webSocket: pair[0], headers });
}
