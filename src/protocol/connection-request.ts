// A visit: what the Worker hands a mailbox when somebody wants to open a socket. Everything in it was checked; nothing else is handed on.
import type { ConnectionQuery } from "./connection-query.ts";
import { PLAIN, type V1 } from "./version.ts";
import type { Caller } from "./caller.ts";

/** Who visits, and the subprotocol to answer with. */
interface UpgradeCaller extends Caller {
  readonly answer: string | null;
}

/** `stream`: as server-sent events in place of a socket. */
export type ConnectionRequest =
  | (UpgradeCaller & { readonly dialect: typeof V1; readonly place: ConnectionQuery; readonly stream?: true })
  | (UpgradeCaller & { readonly dialect: typeof PLAIN });

/** The request that opens a socket at the mailbox: the visit in its address, and no header of the client's. */
export function toRequest(visit: ConnectionRequest): Request {
  const url = `https://mailbox/open?visit=${encodeURIComponent(JSON.stringify(visit))}`;
  const streams = visit.dialect !== PLAIN && visit.stream === true;
  return new Request(url, streams ? {} : { headers: { Upgrade: "websocket" } });
}

/** The visit of such a request. Only the Worker can make one: objects have no address of their own. */
export function readConnectionRequest(request: Request): ConnectionRequest {
  return JSON.parse(new URL(request.url).searchParams.get("visit") ?? "null") as ConnectionRequest;
}
