// A visit: what the Worker hands a mailbox when somebody wants to open a socket. Everything in it was checked; nothing else is handed on.
import type { Place } from "./connection-query.ts";
import { PLAIN, type V1 } from "./version.ts";
import type { Visitor } from "./caller.ts";

/** Who visits, and the subprotocol to answer with. */
interface Guest extends Visitor {
  readonly answer: string | null;
}

/** `stream`: as server-sent events in place of a socket. */
export type Visit =
  | (Guest & { readonly dialect: typeof V1; readonly place: Place; readonly stream?: true })
  | (Guest & { readonly dialect: typeof PLAIN });

/** The request that opens a socket at the mailbox: the visit in its address, and no header of the client's. */
export function visitRequest(visit: Visit): Request {
  const url = `https://mailbox/open?visit=${encodeURIComponent(JSON.stringify(visit))}`;
  const streams = visit.dialect !== PLAIN && visit.stream === true;
  return new Request(url, streams ? {} : { headers: { Upgrade: "websocket" } });
}

/** The visit of such a request. Only the Worker can make one: objects have no address of their own. */
export function readVisit(request: Request): Visit {
  return JSON.parse(new URL(request.url).searchParams.get("visit") ?? "null") as Visit;
}
