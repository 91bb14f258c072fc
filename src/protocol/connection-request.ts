// The Worker's request to a mailbox to open a socket or an event stream. All of it is checked; nothing else of the
// client's request is passed on.
import type { ConnectionQuery } from "./connection-query.ts";
import { PLAIN, type V1 } from "./version.ts";
import type { Caller } from "./caller.ts";

/** The caller, and the subprotocol to answer with. */
interface UpgradeCaller extends Caller {
  readonly answer: string | null;
}

/** `stream`: server-sent events in place of a socket. */
export type ConnectionRequest =
  | (UpgradeCaller & { readonly dialect: typeof V1; readonly place: ConnectionQuery; readonly stream?: true })
  | (UpgradeCaller & { readonly dialect: typeof PLAIN });

/** The request that opens a socket at the mailbox: everything in its URL, and no header of the client. */
export function toRequest(request: ConnectionRequest): Request {
  const url = `https://mailbox/open?visit=${encodeURIComponent(JSON.stringify(request))}`;
  const streams = request.dialect !== PLAIN && request.stream === true;
  return new Request(url, streams ? {} : { headers: { Upgrade: "websocket" } });
}

/** Reads such a request. Only the Worker can send one: objects have no public address. */
export function readConnectionRequest(request: Request): ConnectionRequest {
  return JSON.parse(new URL(request.url).searchParams.get("visit") ?? "null") as ConnectionRequest;
}
