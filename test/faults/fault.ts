// The interface of a fault: a name, how it is made, what has to hold, and `play` in one of two scales. And what all
// faults share: a server and a fleet, which are always stopped, and the check in the end.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./checker.ts";
import { ClientFleet } from "./client-fleet.ts";
import { type History, serialize } from "./history.ts";
import { Server, type ServerOptions } from "./server.ts";

/** Short: a part of `npm test`, without limits on times. Whole: `npm run faults`. */
export type Scale = "short" | "whole";

export interface Fault {
  readonly name: string;
  readonly procedure: string;
  readonly expectation: string;
  /**
   * Which faults may run at the same time: none, where it measures times; the long one, where its times only have to be
   * bounded.
   */
  readonly runsWith?: "nothing" | "long";
  /** It takes ten minutes, so others run at the same time. */
  readonly isLong?: true;
  play(scale: Scale): Promise<Outcome>;
}

export interface Outcome {
  /** Broken promises, in sentences. */
  readonly wrong: readonly string[];
  /** Times and sizes beyond their limits: checked only in the whole form. */
  readonly missed?: readonly string[];
  /** Observations, for the report: items that are separated by "; ". */
  readonly observed: string;
  /** More than fits into a list: Markdown, without a heading. */
  readonly more?: string;
  /** Why it can't be played on this machine. */
  readonly skipped?: string;
}

/** Plays with its own server and its own fleet. */
export async function withFleet<T>(
  options: ServerOptions,
  play: (server: Server, fleet: ClientFleet) => Promise<T>,
): Promise<T> {
  const server = await Server.start(options);
  const fleet = new ClientFleet(server);
  try {
    return await play(server, fleet);
  } finally {
    await fleet.close();
    await server.stop();
  }
}

/** The folder in which histories are saved for inspection; null if they are not saved. */
const saved = { folder: null as string | null, count: 0 };

export function saveHistoriesTo(folder: string): void {
  saved.folder = folder;
}

export interface CheckedHistory {
  readonly history: History;
  readonly wrong: readonly string[];
  /** The number of messages and of broken promises, for the report. */
  readonly counts: string;
}

/** Waits until all messages have arrived, and checks the history. */
export async function settleAndCheck(fleet: ClientFleet): Promise<CheckedHistory> {
  await fleet.settle();
  const history = await fleet.history();
  const wrong = check(history);
  if (saved.folder !== null) writeFileSync(join(saved.folder, `${++saved.count}.jsonl`), serialize(history));
  const sent = history.events.filter(({ is }) => is === "sent").length;
  const counts = `${formatCount(sent)} messages, ${wrong.length === 0 ? "0 lost, 0 twice" : `${wrong.length} complaints`}`;
  return { history, wrong, counts };
}

export function formatCount(number: number): string {
  return Math.round(number).toLocaleString("en");
}

export function userNames(number: number, prefix = "u"): string[] {
  return Array.from({ length: number }, (_, i) => `${prefix}${i}`);
}

/**
 * Only where the time itself is part of the fault (how long a network is away, bytes are dropped or a mailbox is out of
 * reach), of its procedure (the length of a measured run), or of a rule of the SDK (the age from which a connection
 * counts as good). To let the load continue there is `ClientFleet.untilSent`, for everything else `waitUntil`.
 */
export function sleep(duration: number): Promise<void> {
  return new Promise((done) => setTimeout(done, duration));
}

/** Milliseconds in readable form. */
export function formatMs(time: number): string {
  return time < 1_000 ? `${Math.round(time)} ms` : `${(time / 1_000).toFixed(1)} s`;
}

/** The value at this quantile: `part` of all values are at most as large. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}
