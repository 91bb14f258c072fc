// Formats a deployment's numbers for people.
import { DELIVERY_TIME_ENDS_MS } from "../../src/protocol/counters.ts";
import { list, duration, number, table, time, titled } from "./table.ts";

export interface Stats {
  readonly at: number;
  readonly auth: string;
  readonly online: { readonly users: number; readonly sockets: number };
  readonly figures: Readonly<Record<string, number>>;
  readonly shards: readonly { readonly shard: number; readonly users: number; readonly sockets: number }[];
}

const LABELLED = [
  ["refused", "Refused before anything was written"],
  ["failed", "Failed: accepted, and finally refused by the receiver"],
  ["problem", "Requests and upgrades refused"],
  ["closed", "Sockets closed by the server"],
  ["event", "Lines of the log"],
] as const;

export function statsText({ at, auth, online, figures, shards }: Stats): string {
  const of = (name: string) => figures[name] ?? 0;
  const busiest = shards.toSorted((a, b) => b.sockets - a.sockets)[0];
  const top = list([
    ["at", `${time(at)} UTC`],
    ["auth", auth],
    ["users online", number(online.users)],
    [
      "sockets",
      `${number(online.sockets)}, at most ${number(busiest?.sockets ?? 0)} in one of ${shards.length} shards`,
    ],
    ["accepted", number(of("accepted"))],
    ["answered queued", number(of("queued"))],
    ["stored", number(of("stored"))],
    ["mean time", of("stored") === 0 ? "–" : duration(of("storedMs") / of("stored"))],
    ["retries", number(of("retries"))],
    ["alarms", number(of("alarms"))],
    ["wakes", number(of("wakes"))],
    ["rows written", number(of("rows"))],
  ]);
  const classes = [...DELIVERY_TIME_ENDS_MS.map((end) => `up to ${duration(end)}`), "more"].map((name, place) => {
    return [
      name,
      of(`class:${place}`),
      of("stored") === 0 ? "" : `${((100 * of(`class:${place}`)) / of("stored")).toFixed(1)} %`,
    ];
  });
  const words = LABELLED.map(([kind, title]) => {
    const found = Object.entries(figures).filter(([name]) => name.startsWith(`${kind}:`));
    const rows = found.map(([name, count]) => [name.slice(kind.length + 1), count] as const);
    return titled(
      title,
      table(
        ["", ""],
        rows.toSorted((a, b) => b[1] - a[1]),
      ).replace(/^\s*\n/, ""),
    );
  });
  return `${top}${titled("From accepted to stored", table(["time", "messages", ""], classes))}${words.join("")}`;
}
