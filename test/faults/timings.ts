// Times computed from a history: how long a device that lost its connection takes to reconnect and to catch up. It
// checks nothing.
import { type History, userOf, type DeviceId } from "./history.ts";

/**
 * Ms from the loss of a connection, or from the return of the network, until it is open again and until no message is
 * missing.
 */
export interface Reconnect {
  readonly device: DeviceId;
  readonly open: number;
  readonly complete: number;
}

/** The first reconnect after `from` of every device whose connection ended after that. */
export function firstReconnects(history: History, from: number): Reconnect[] {
  const lost = new Map<DeviceId, number>();
  for (const event of history.events) {
    if (event.at < from || event.is !== "connection" || event.state === "open" || event.state === "connecting")
      continue;
    if (!lost.has(event.by)) lost.set(event.by, event.at);
  }
  return measureReconnects(
    history,
    [...lost].map(([device, at]) => ({ device, at })),
  );
}

/** Every reconnect of a device after an absence of its network. */
export function reconnects(history: History): Reconnect[] {
  const backs = history.events.flatMap(({ is, by, at }) => (is === "online" ? [{ device: by, at }] : []));
  return measureReconnects(history, backs);
}

/**
 * For each start: the time until the connection is open, and until every message that was accepted before the start is
 * shown.
 */
function measureReconnects(
  history: History,
  starts: readonly { readonly device: DeviceId; readonly at: number }[],
): Reconnect[] {
  const opens = new Map<DeviceId, number[]>();
  const shown = new Map<string, number>();
  const sent = new Map<string, string>();
  const accepted = new Map<string, { readonly word: string; readonly at: number }[]>();
  const notified = new Set<string>();
  for (const event of history.events) {
    if (event.is === "connection" && event.state === "open")
      opens.set(event.by, [...(opens.get(event.by) ?? []), event.at]);
    else if (event.is === "shown") shown.set(`${event.by} ${event.word}`, event.at);
    else if (event.is === "sent") sent.set(event.word, event.to);
    else if (event.is === "notified" && event.state !== "failed" && !notified.has(event.word)) {
      notified.add(event.word);
      const to = sent.get(event.word) ?? "";
      const list = accepted.get(to) ?? [];
      accepted.set(to, list);
      list.push({ word: event.word, at: event.at });
    }
  }
  return starts.flatMap(({ device, at }) => {
    const open = (opens.get(device) ?? []).find((time) => time > at);
    if (open === undefined) return [];
    let complete = open;
    for (const message of accepted.get(userOf(device)) ?? []) {
      if (message.at > at) break;
      const seen = shown.get(`${device} ${message.word}`) ?? 0;
      if (seen > at) complete = Math.max(complete, seen);
    }
    return [{ device, open: open - at, complete: complete - at }];
  });
}

/** A histogram of times in steps of 200 ms, as text. */
export function histogram(times: readonly number[], step = 200): string {
  const longest = Math.max(...times);
  const counts = Array.from({ length: Math.floor(longest / step) + 1 }, (_, i) => {
    return times.filter((time) => Math.floor(time / step) === i).length;
  });
  const most = Math.max(...counts);
  const lines = counts.map((number, i) => {
    const bar = "█".repeat(Math.round((number / most) * 40));
    return `${String(i * step).padStart(6)} ms ${String(number).padStart(5)} ${bar}`.trimEnd();
  });
  return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

/** Ms from sending to showing, of the messages to `to` that were sent between `from` and `until`. */
export function latencies({ events }: History, to: string, from = 0, until = Number.POSITIVE_INFINITY): number[] {
  const sent = new Map<string, number>();
  const times: number[] = [];
  for (const event of events) {
    if (event.is === "sent" && event.to === to && event.at >= from && event.at < until) sent.set(event.word, event.at);
    const at = event.is === "shown" && userOf(event.by) === to ? sent.get(event.word) : undefined;
    if (at !== undefined && event.is === "shown") times.push(event.at - at);
  }
  return times;
}
