// The orders of operators to one mailbox. The Worker has checked that the caller is an operator. Nothing here reads a
// body.
import { PLAIN, V1 } from "../../protocol/version.ts";
import type {
  DeviceState,
  MailboxOverview,
  MessageRow,
  MessageTrace,
  SocketState,
  MessageRef,
} from "../../protocol/operator-orders.ts";
import { isUnsettledWhenNew } from "../../durable/log/kinds.ts";
import { devices as signedIn } from "../access/devices.ts";
import { isService } from "../access/service-tokens.ts";
import { namesWith, standingOf } from "../access/standing.ts";
import type { Session } from "../connections/sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import { type Peer, settledUpTo } from "../log/peers/peer.ts";

/** Peers with unsettled messages in one reply. */
const MAX_PEERS = 20;

/** Facts of the object that are not in its tables. `alarm`: ms since 1970. */
export interface ObjectStats {
  readonly bytes: number;
  readonly alarm: number | null;
}

/** The state of the mailbox. For a name without a mailbox nothing is written. */
export function overview(context: MailboxContext, { bytes, alarm }: ObjectStats): MailboxOverview {
  const { log } = context;
  const exists = log.row !== null;
  const count = (standing: "contact" | "request" | "blocked") => namesWith(context, standing).length;
  return {
    userName: context.user,
    is: log.isErased ? "erased" : isService(context) ? "service" : exists ? "user" : "nobody",
    created: log.account.account?.created ?? log.account.service.row?.created ?? null,
    suspended: context.suspension.current,
    epoch: log.row?.epoch ?? null,
    head: log.head,
    unseen: exists ? log.entries.countReceivedAfter(log.devices.delivered) : 0,
    sizes: { bytes, ...(exists ? context.inspector.sizes() : { entries: 0, conversations: 0 }) },
    trimmed: log.row?.trimmed ?? 0,
    devices: exists ? devicesOf(context) : [],
    signedIn: signedIn(context, { is: "operator" }),
    passkeys: log.account.passkeys().length,
    sockets: [...context.sockets.all()].map(socketOf),
    owing: context.outbox.peersWithUnsettled(MAX_PEERS),
    alarm,
    limits: context.limits.state,
    contacts: { contact: count("contact"), request: count("request"), blocked: count("blocked") },
  };
}

/** The stored facts of one message; null if the mailbox does not exist. */
export function traceOf(context: MailboxContext, ref: MessageRef, alarm: number | null): MessageTrace | null {
  const { log, inspector } = context;
  if (log.row === null) return null;
  const message = "seq" in ref ? inspector.message(ref.seq) : inspector.received(ref.from, ref.origin);
  const name = "seq" in ref ? (message?.peer ?? "") : ref.from;
  const peer = log.peers.get(name);
  const { epoch, lastOrigin: high, lastRefusedOrigin: refused, stored, delivered, read, readByMe: mine } = peer;
  return {
    userName: context.user,
    epoch: log.row.epoch,
    message,
    trimmed: log.row.trimmed,
    suspended: context.suspension.current !== null,
    owed: message !== null && isUnsettled(message, peer),
    alarm,
    peer: { name, epoch, high, refused, stored, delivered, read, mine, standing: standingOf(context, name) },
    devices: devicesOf(context),
  };
}

function devicesOf({ log, sockets, inspector }: MailboxContext): DeviceState[] {
  const open = new Map([...sockets.all()].map((session) => [session.device, session]));
  const devices = log.devices.all();
  const heldBy = ({ name, cursor }: (typeof devices)[number]) => Math.max(cursor, open.get(name)?.acked ?? 0);
  const after = inspector.afterEach(devices.map(heldBy));
  return devices.map((row) => {
    const { name: device, lastId, seen } = row;
    const held = heldBy(row);
    return { device, cursor: held, behind: after.get(held) ?? 0, lastId, seen, online: open.has(device) };
  });
}

function socketOf(session: Session): SocketState {
  const { device, since, position, acked } = session;
  const dialect = session.kind === "plain" ? PLAIN : V1;
  const unacked = session.kind === "plain" ? [] : session.unacked;
  const frames = unacked.reduce((sum, [, number]) => sum + number, 0);
  const bytes = unacked.reduce((sum, [, , size]) => sum + size, 0);
  return { device, dialect, since, position, acked, unacked: { frames, bytes } };
}

function isUnsettled({ kind, seq, failed }: MessageRow, peer: Peer): boolean {
  return isUnsettledWhenNew(kind) && failed === null && seq > settledUpTo(peer);
}
