// Formats the state of a mailbox for an operator.
import type { MailboxOverview } from "../../src/protocol/operator-orders.ts";
import { bytes, list, duration, counted, number, table, time, titled } from "./table.ts";

export function userText(overview: MailboxOverview, now: number): string {
  const { sizes, contacts, suspended } = overview;
  if (overview.is === "nobody")
    return `There is no mailbox ${overview.userName}: nothing was ever stored under this name.\n`;
  if (overview.is === "erased") return `${overview.userName} was erased permanently.\n`;
  const top = list([
    ["user", `${overview.userName}${overview.is === "service" ? ", a service account" : ""}`],
    ["since", time(overview.created)],
    ["suspended", suspensionText(suspended)],
    ["epoch, head", `${overview.epoch}, ${overview.head}`],
    ["backlog", `${number(overview.unseen)} messages that no device has`],
    [
      "log",
      `${counted(sizes.entries, "entry", "entries")} in ${counted(sizes.conversations, "conversation")}, ${bytes(sizes.bytes)}`,
    ],
    ["retention", overview.trimmed === 0 ? "removed nothing" : `removed everything up to ${overview.trimmed}`],
    ["contacts", `${contacts.contact} accepted, ${contacts.request} asking, ${contacts.blocked} blocked`],
    ["passkeys", overview.passkeys],
    ["next try", overview.alarm === null ? "–" : `${time(overview.alarm)}, in ${duration(overview.alarm - now)}`],
  ]);
  const devices = overview.devices.map((one) => [
    one.device === "*" ? "* (plain)" : one.device,
    one.online ? "online" : time(one.seen),
    one.cursor,
    one.behind,
    one.lastId,
  ]);
  const sockets = overview.sockets.map(({ device, dialect, since, position, acked, unacked }) => {
    return [device, dialect, duration(now - since), position, acked, unacked.frames, bytes(unacked.bytes)];
  });
  const signedIn = overview.signedIn.map(({ id, label, created, seen: last }) => [
    id,
    label,
    time(created),
    time(last),
  ]);
  const owing = overview.owing.map(({ peer, messages, since }) => [peer, messages, duration(now - since)]);
  return [
    top,
    titled("Devices", table(["device", "last seen", "cursor", "behind", "last id"], devices)),
    titled("Sockets", table(["device", "dialect", "open for", "position", "acked", "unacked", ""], sockets)),
    titled("Signed in", table(["id", "label", "since", "seen"], signedIn)),
    titled("Quotas of their own", quotasText(overview.limits)),
    titled("Limited", refusedText(overview.limits)),
    titled("Unsettled", table(["to", "messages", "oldest"], owing)),
  ].join("");
}

function suspensionText(suspended: MailboxOverview["suspended"]): string {
  if (suspended === null) return "no";
  const { at, until, reason } = suspended;
  return `since ${time(at)}${until === null ? "" : ` until ${time(until)}`}${reason && `: ${reason}`}`;
}

function quotasText({ own }: MailboxOverview["limits"]): string {
  const rows = Object.entries(own).map(([limit, value]) => [limit, number(value)]);
  return table(["limit", "value"], rows);
}

function refusedText({ refused, values }: MailboxOverview["limits"]): string {
  const valueOf = (limit: string) => Object.entries(values ?? {}).find(([name]) => name === limit)?.[1];
  const rows = refused.map(({ limit, times, last }) => {
    const value = valueOf(limit);
    return [limit, value === undefined ? "" : number(value), times, time(last)];
  });
  return table(["by", "value", "refused", "last"], rows);
}
