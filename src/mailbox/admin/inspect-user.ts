// What operators have a mailbox tell and do. The Worker has seen to it that it is an operator who asks. Nothing here reads a body.
import type {
  DeviceFacts,
  Order,
  Overview,
  MessageTrace,
  SocketFacts,
  OrderResult,
  MessageRef,
} from "../../protocol/operator-orders.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { checkAccess } from "../access/account.ts";
import type { MailboxContext } from "../context.ts";
import { devices as signedIn } from "../access/devices.ts";
import { closeWithCode } from "../connections/disconnect.ts";
import type { Session } from "../connections/sockets.ts";
import { isService } from "../access/service-tokens.ts";
import { standingOf } from "../access/standing.ts";
import { PLAIN, V1 } from "../../protocol/version.ts";

/** What the object knows of itself beside its tables. */
export interface ObjectStats {
  readonly bytes: number;
  readonly alarm: number | null;
}

type Left = (session: Session) => void;

/** Does one thing, and tells. To be done in a group; with `left` the caller hears of sockets that were closed. */
export function runOrder(
  context: MailboxContext,
  order: Order,
  body: ObjectStats,
  left: Left,
): CallResult<OrderResult[Order["is"]]> {
  // Looking is for any name, also one that nobody has.
  if (order.is === "look") return { value: overview(context, body) };
  if (order.is === "see") return { value: sight(context, order.which, body.alarm) };
  const no = checkAccess(context, { is: "operator" });
  if (no !== null) return { refused: no };
  switch (order.is) {
    case "disconnect":
      return { value: disconnect(context, order.device, left) };
    case "suspend":
      // The end of the group closes the sockets.
      return { value: context.suspension.begin(order.reason) };
    case "resume":
      context.suspension.end();
      return { value: null };
    default:
      return order satisfies never;
  }
}

/** How the mailbox is. Asked of a name that nobody has, it leaves no trace. */
function overview(context: MailboxContext, { bytes, alarm }: ObjectStats): Overview {
  const { log } = context;
  const begun = log.row !== null;
  const all = (standing: "contact" | "request" | "blocked") => log.contacts.all(standing).length;
  return {
    userName: context.user,
    is: log.erased ? "erased" : isService(context) ? "service" : begun ? "user" : "nobody",
    created: log.account.account?.created ?? log.account.service.row?.created ?? null,
    suspended: context.suspension.now,
    epoch: log.row?.epoch ?? null,
    head: log.head,
    unseen: begun ? log.entries.countIn(log.devices.delivered) : 0,
    sizes: { bytes, ...(begun ? context.inspector.sizes() : { entries: 0, conversations: 0 }) },
    trimmed: log.row?.trimmed ?? 0,
    devices: begun ? devicesOf(context) : [],
    signedIn: signedIn(context, { is: "operator" }),
    passkeys: log.account.passkeys().length,
    sockets: [...context.sockets.all()].map(socketOf),
    owing: begun ? context.inspector.owing() : [],
    alarm,
    contacts: { contact: all("contact"), request: all("request"), blocked: all("blocked") },
  };
}

/** Closes the sockets of one device, or all; says how many. They may come back. */
function disconnect(context: MailboxContext, device: string | null, left: Left): number {
  const gone = [...context.sockets.all()].filter((session) => device === null || session.device === device);
  for (const session of gone) {
    closeWithCode(context, session, "disconnected");
    left(session);
  }
  return gone.length;
}

/** What the store says of one message; null where there is nothing of this name. */
function sight(context: MailboxContext, which: MessageRef, alarm: number | null): MessageTrace | null {
  const { log, inspector: facts } = context;
  if (log.row === null) return null;
  const message = "seq" in which ? facts.message(which.seq) : facts.received(which.from, which.origin);
  const name = "seq" in which ? (message?.peer ?? "") : which.from;
  const { epoch, high, refused, stored, delivered, read, mine } = log.peers.get(name);
  return {
    userName: context.user,
    epoch: log.row.epoch,
    message,
    trimmed: log.row.trimmed,
    suspended: context.suspension.now !== null,
    owed: message !== null && facts.owes(message.seq),
    alarm,
    peer: { name, epoch, high, refused, stored, delivered, read, mine, standing: standingOf(context, name) },
    devices: devicesOf(context),
  };
}

function devicesOf({ log, sockets, inspector: facts }: MailboxContext): DeviceFacts[] {
  const open = new Map([...sockets.all()].map((session) => [session.device, session]));
  const devices = log.devices.all();
  const heldBy = ({ name, cursor }: (typeof devices)[number]) => Math.max(cursor, open.get(name)?.acked ?? 0);
  const after = facts.afterEach(devices.map(heldBy));
  return devices.map((row) => {
    const { name: device, lastId, seen } = row;
    const held = heldBy(row);
    return { device, cursor: held, behind: after.get(held) ?? 0, lastId, seen, online: open.has(device) };
  });
}

function socketOf(session: Session): SocketFacts {
  const { device, since, position, acked } = session;
  const dialect = session.kind === "plain" ? PLAIN : V1;
  const unacked = session.kind === "plain" ? [] : session.unacked;
  const frames = unacked.reduce((sum, [, number]) => sum + number, 0);
  const bytes = unacked.reduce((sum, [, , size]) => sum + size, 0);
  return { device, dialect, since, position, acked, unacked: { frames, bytes } };
}
