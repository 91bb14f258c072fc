// Times out of a history: how long until a device that lost its connection has everything again. It judges nothing.
import { type History, userOf, type Who } from "./history.ts";

/** Ms since a device's connection went, or its network came back, until it is open again and until nothing is missing. */
export interface Comeback {
  readonly who: Who;
  readonly open: number;
  readonly complete: number;
}

/** The first comeback after `from` of every device whose connection ended after that. */
export function comebacks(history: History, from: number): Comeback[] {
  const lost = new Map<Who, number>();
  for (const event of history.events) {
    if (event.at < from || event.is !== "line" || event.state === "open" || event.state === "connecting") continue;
    if (!lost.has(event.by)) lost.set(event.by, event.at);
  }
  return measure(
    history,
    [...lost].map(([who, at]) => ({ who, at })),
  );
}

/** Every comeback of a device whose network went and came back. */
export function returns(history: History): Comeback[] {
  const backs = history.events.flatMap(({ is, by, at }) => (is === "back" ? [{ who: by, at }] : []));
  return measure(history, backs);
}

/** For each moment: until the line is open, and until what had been accepted before was shown. */
function measure(history: History, moments: readonly { readonly who: Who; readonly at: number }[]): Comeback[] {
  const opens = new Map<Who, number[]>();
  const shown = new Map<string, number>();
  const sent = new Map<string, string>();
  const accepted = new Map<string, { readonly word: string; readonly at: number }[]>();
  const told = new Set<string>();
  for (const event of history.events) {
    if (event.is === "line" && event.state === "open") opens.set(event.by, [...(opens.get(event.by) ?? []), event.at]);
    else if (event.is === "shown") shown.set(`${event.by} ${event.word}`, event.at);
    else if (event.is === "sent") sent.set(event.word, event.to);
    else if (event.is === "told" && event.state !== "failed" && !told.has(event.word)) {
      told.add(event.word);
      const to = sent.get(event.word) ?? "";
      const list = accepted.get(to) ?? [];
      accepted.set(to, list);
      list.push({ word: event.word, at: event.at });
    }
  }
  return moments.flatMap(({ who, at }) => {
    const open = (opens.get(who) ?? []).find((time) => time > at);
    if (open === undefined) return [];
    let complete = open;
    for (const message of accepted.get(userOf(who)) ?? []) {
      if (message.at > at) break;
      const seen = shown.get(`${who} ${message.word}`) ?? 0;
      if (seen > at) complete = Math.max(complete, seen);
    }
    return [{ who, open: open - at, complete: complete - at }];
  });
}

/** How many of these times lie in each step of 200 ms, as text. */
export function curve(times: readonly number[], step = 200): string {
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

/** Ms from sending to being shown, of the messages for `to` that were sent between two moments. */
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
