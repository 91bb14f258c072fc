// Formats the state of a mailbox for an operator.
import type { Overview } from "../../src/protocol/operator-orders.ts";
import { bytes, list, duration, number, table, time, titled } from "./table.ts";

export function userText(seen: Overview, now: number): string {
  const { sizes, contacts, suspended } = seen;
  if (seen.is === "nobody") return `There is no mailbox ${seen.userName}: nothing was ever stored under this name.\n`;
  if (seen.is === "erased") return `${seen.userName} was erased permanently.\n`;
  const top = list([
    ["user", `${seen.userName}${seen.is === "service" ? ", a service account" : ""}`],
    ["since", time(seen.created)],
    [
      "suspended",
      suspended === null ? "no" : `since ${time(suspended.at)}${suspended.reason && `: ${suspended.reason}`}`,
    ],
    ["epoch, head", `${seen.epoch}, ${seen.head}`],
    ["backlog", `${number(seen.unseen)} messages that no device has`],
    ["log", `${number(sizes.entries)} entries in ${number(sizes.conversations)} conversations, ${bytes(sizes.bytes)}`],
    ["retention", seen.trimmed === 0 ? "removed nothing" : `removed everything up to ${seen.trimmed}`],
    ["contacts", `${contacts.contact} accepted, ${contacts.request} asking, ${contacts.blocked} blocked`],
    ["passkeys", seen.passkeys],
    ["next try", seen.alarm === null ? "–" : `${time(seen.alarm)}, in ${duration(seen.alarm - now)}`],
  ]);
  const devices = seen.devices.map((one) => [
    one.device === "*" ? "* (plain)" : one.device,
    one.online ? "online" : time(one.seen),
    one.cursor,
    one.behind,
    one.lastId,
  ]);
  const sockets = seen.sockets.map(({ device, dialect, since, position, acked, unacked }) => {
    return [device, dialect, duration(now - since), position, acked, unacked.frames, bytes(unacked.bytes)];
  });
  const signedIn = seen.signedIn.map(({ id, label, created, seen: last }) => [id, label, time(created), time(last)]);
  const owing = seen.owing.map(({ peer, messages, since }) => [peer, messages, duration(now - since)]);
  return [
    top,
    titled("Devices", table(["device", "last seen", "cursor", "behind", "last id"], devices)),
    titled("Sockets", table(["device", "dialect", "open for", "position", "acked", "unacked", ""], sockets)),
    titled("Signed in", table(["id", "label", "since", "seen"], signedIn)),
    titled("Unsettled", table(["to", "messages", "oldest"], owing)),
  ].join("");
}
