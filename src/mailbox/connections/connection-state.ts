// The state of a connection that survives hibernation, and its codec: the attachment of the WebSocket. Stored names
// stay as they are; here is their only list. It knows no WebSocket.
import type { ConnectAttempt } from "../../protocol/connection-query.ts";
import { PLAIN, V1 } from "../../protocol/version.ts";
import type { PeerNote } from "../log/peers/peer-note.ts";
import type { PlainReading, V1Reading } from "../reading/log-reader.ts";

/** What opened a connection. */
export interface Grant {
  /** The id of the token; null where there are no accounts. */
  token: string | null;
  /** The connection ends then, ms since 1970; null for no end. */
  expires: number | null;
  /** When it opened, ms since 1970. */
  readonly since: number;
}

export interface V1State extends V1Reading, Grant {
  /** The peers whose presence it is sent. */
  watched: readonly string[];
  /** The attempt that opened it; null if its client does not number them. */
  readonly attempt: ConnectAttempt | null;
}

export interface PlainState extends PlainReading, Grant {}

export type ConnectionState = V1State | PlainState;

export type Attachment = ReturnType<typeof toAttachment>;

/** What a plain socket has not, as older code stores it. */
const NOT_PLAIN: Pick<V1State, "opened" | "runs" | "early" | "relations" | "watched" | "unacked" | "attempt"> = {
  opened: 0,
  runs: false,
  early: false,
  relations: false,
  watched: [],
  unacked: [],
  attempt: null,
};

/** Fields that older code did not store. */
const DEFAULTS = { token: null, expires: null, since: 0, runs: false, early: false, relations: false, attempt: null };

/** `marks`: the early marks of the mailbox, which each of its sockets holds that is sent them. */
export function toAttachment(state: ConnectionState, marks: readonly PeerNote[] = []) {
  const v1 = state.kind === "plain" ? NOT_PLAIN : state;
  return {
    dialect: state.kind === "plain" ? PLAIN : V1,
    device: state.device,
    token: state.token,
    expires: state.expires,
    since: state.since,
    opened: v1.opened,
    runs: v1.runs,
    ...(v1.early && { early: true, marks }),
    ...(v1.relations && { relations: true }),
    position: state.position,
    acked: state.acked,
    carries: state.advancesDelivered,
    watched: v1.watched,
    unkept: state.ackedSincePersist,
    unacked: v1.unacked,
    ...(v1.attempt !== null && { attempt: v1.attempt }),
  };
}

export function fromAttachment(stored: Attachment): ConnectionState {
  const {
    dialect,
    carries,
    unkept,
    opened,
    runs,
    early,
    relations,
    watched,
    unacked,
    attempt,
    marks: _,
    ...common
  } = {
    ...DEFAULTS,
    ...stored,
  };
  const shared = { ...common, advancesDelivered: carries, ackedSincePersist: unkept };
  if (dialect === PLAIN) return { kind: "plain", ...shared };
  return { kind: "v1", ...shared, opened, runs, early, relations, watched, unacked, attempt };
}
