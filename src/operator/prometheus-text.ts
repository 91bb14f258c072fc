// The counters in Prometheus' text format. Every series that can be known exists from the start. docs/OPERATIONS.md
// explains each number and how far it may lag.
import type { OnlineCount } from "../protocol/census.ts";
import { DELIVERY_TIME_ENDS_MS, OTHER_ROUTE, REQUEST_TIME_ENDS_MS, type CounterValues } from "../protocol/counters.ts";
import { EVENTS } from "../protocol/log-events.ts";
import { codesIn } from "../protocol/refusals.ts";
import { RELEASE } from "../protocol/release.ts";
import { STORAGE_FORMAT } from "../protocol/storage-format.ts";
import { VERSION } from "../protocol/version.ts";

/** What the text says. */
interface Numbers {
  readonly online: OnlineCount;
  readonly figures: CounterValues;
}

/** Counters without a label: Prometheus' name, help text, and the name in the code. */
const PLAIN_METRICS = [
  ["restante_accepted_total", "Messages that mailboxes accepted from their users", "accepted"],
  [
    "restante_queued_total",
    "Messages that were answered queued, because their receiver did not answer at once",
    "queued",
  ],
  ["restante_stored_total", "Messages that are in their receivers' mailboxes", "stored"],
  ["restante_retries_total", "Times that a receiver was tried again", "retries"],
  ["restante_alarms_total", "Alarms that rang", "alarms"],
  ["restante_wakes_total", "Mailboxes that came into memory", "wakes"],
  ["restante_rows_written_total", "Rows that mailboxes wrote, alarms among them", "rows"],
  ["restante_calls_total", "Calls of mailboxes to other mailboxes", "calls"],
] as const;

/** Counters with a label: Prometheus' name, help text, the name in the code, and the label. */
const LABELLED_METRICS = [
  ["restante_refused_total", "Messages that were refused before anything was written", "refused", "code"],
  ["restante_failed_total", "Accepted messages that their receivers finally refused", "failed", "code"],
  ["restante_problems_total", "Requests and upgrades that were refused", "problem", "code"],
  ["restante_closed_total", "Sockets that the server closed", "closed", "code"],
  ["restante_events_total", "Lines of the log", "event", "event"],
] as const;

/**
 * The labels that each counter can have: each is there from the start, at 0, because the increase from nothing to 1 is
 * none to Prometheus.
 */
const WORDS: Readonly<Record<(typeof LABELLED_METRICS)[number][2], readonly string[]>> = {
  refused: [...new Set([...codesIn("refused"), ...codesIn("error"), ...codesIn("http")])],
  failed: codesIn("failed"),
  problem: [...new Set([...codesIn("http"), ...codesIn("closing")])],
  closed: codesIn("closing"),
  event: Object.keys(EVENTS),
};

/** The metrics in Prometheus' text format. */
export function prometheusText({ online, figures }: Numbers): string {
  const lines: string[] = [];
  const head = (name: string, help: string, type: string) =>
    lines.push(`# HELP ${name} ${help}.`, `# TYPE ${name} ${type}`);
  head("restante_build_info", "The release, and the versions of the mailboxes' tables and of the wire", "gauge");
  lines.push(`restante_build_info{version="${RELEASE}",storage="${STORAGE_FORMAT.writes}",wire="${VERSION}"} 1`);
  head("restante_users_online", "Users with an open socket", "gauge");
  lines.push(`restante_users_online ${online.users}`);
  head("restante_sockets_online", "Open sockets", "gauge");
  lines.push(`restante_sockets_online ${online.sockets}`);
  for (const [name, help, key] of PLAIN_METRICS) {
    head(name, help, "counter");
    lines.push(`${name} ${figures[key] ?? 0}`);
  }
  for (const [name, help, key, label] of LABELLED_METRICS) {
    head(name, help, "counter");
    const numbers = new Map([...WORDS[key].map((word) => [word, 0] as const), ...wordsOf(figures, key)]);
    for (const [word, number] of numbers) lines.push(`${name}{${label}="${word}"} ${number}`);
  }
  head("restante_delivery_seconds", "From accepted to being in the receiver's mailbox", "histogram");
  lines.push(
    ...histogram("restante_delivery_seconds", "", DELIVERY_TIME_ENDS_MS, {
      bucket: (index) => figures[`class:${index}`] ?? 0,
      sumMs: figures["storedMs"] ?? 0,
    }),
  );
  head("restante_request_seconds", "From a request to its response, by route", "histogram");
  for (const route of routesIn(figures)) {
    lines.push(
      ...histogram("restante_request_seconds", `route="${route}"`, REQUEST_TIME_ENDS_MS, {
        bucket: (index) => figures[`request:${index}:${route}`] ?? 0,
        sumMs: figures[`requestMs:${route}`] ?? 0,
      }),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The lines of one histogram. `bucket`: the number in a bucket, without those below. */
function histogram(
  name: string,
  label: string,
  endsMs: readonly number[],
  { bucket, sumMs }: { readonly bucket: (index: number) => number; readonly sumMs: number },
): string[] {
  const [labels, before] = label === "" ? ["", ""] : [`{${label}}`, `${label},`];
  let below = 0;
  const buckets = [...endsMs, Infinity].map((end, index) => {
    below += bucket(index);
    return `${name}_bucket{${before}le="${end === Infinity ? "+Inf" : end / 1_000}"} ${below}`;
  });
  return [...buckets, `${name}_sum${labels} ${sumMs / 1_000}`, `${name}_count${labels} ${below}`];
}

/** The routes that had requests, sorted; `other` is there from the start. */
function routesIn(figures: CounterValues): string[] {
  const found = Object.keys(figures).map((name) => /^request:\d+:([\w /.{}-]+)$/.exec(name)?.[1]);
  return [...new Set([OTHER_ROUTE, ...found.filter((route) => route !== undefined)])].toSorted();
}

/** The labels of one counter, sorted, with their numbers. */
export function wordsOf(figures: CounterValues, key: string): [word: string, number: number][] {
  const found = Object.entries(figures).filter(([name]) => name.startsWith(`${key}:`));
  const words = found.map(([name, number]): [string, number] => [name.slice(key.length + 1), number]);
  return words.filter(([word]) => /^\w+$/.test(word)).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
