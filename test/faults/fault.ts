// What every fault is: a name, how it is made, what is to hold, and a play in one of two scales. And what they all do: a server and a
// crowd, which end whatever happens, and the judge's word in the end.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./checker.ts";
import { Crowd } from "./crowd.ts";
import { type History, write } from "./history.ts";
import { Server, type ServerOptions } from "./server.ts";

/** Short: a part of `npm test`, where no time counts. Whole: `npm run faults`. */
export type Scale = "short" | "whole";

export interface Fault {
  readonly name: string;
  readonly how: string;
  readonly hold: string;
  /** What may be played at the same time: nothing, where its times are what it is about; the long one, where they only have to be bounded. */
  readonly beside?: "nothing" | "long";
  /** It takes so long that others are played meanwhile. */
  readonly long?: true;
  play(scale: Scale): Promise<Outcome>;
}

export interface Outcome {
  /** What was broken of what is promised, in sentences. */
  readonly wrong: readonly string[];
  /** Times and sizes that were not as they should be: judged in the whole form alone. */
  readonly missed?: readonly string[];
  /** What was seen, for the table. */
  readonly seen: string;
  /** More than fits into a table: Markdown, without a heading. */
  readonly more?: string;
  /** Why it could not be played here. */
  readonly skipped?: string;
}

/** Plays with a server of its own and a crowd. */
export async function withCrowd<T>(
  options: ServerOptions,
  play: (server: Server, crowd: Crowd) => Promise<T>,
): Promise<T> {
  const server = await Server.start(options);
  const crowd = new Crowd(server);
  try {
    return await play(server, crowd);
  } finally {
    await crowd.end();
    await server.stop();
  }
}

/** Where histories are kept, to be looked at; null for nowhere. */
const keeping = { folder: null as string | null, count: 0 };

export function keepHistories(folder: string): void {
  keeping.folder = folder;
}

export interface Judged {
  readonly history: History;
  readonly wrong: readonly string[];
  /** How much there was, and what was wrong with it, for the table. */
  readonly counts: string;
}

/** Waits until everything is where it belongs, and judges. */
export async function judge(crowd: Crowd): Promise<Judged> {
  await crowd.settle();
  const history = await crowd.history();
  const wrong = check(history);
  if (keeping.folder !== null) writeFileSync(join(keeping.folder, `${++keeping.count}.jsonl`), write(history));
  const sent = history.events.filter(({ is }) => is === "sent").length;
  const counts = `${count(sent)} messages, ${wrong.length === 0 ? "0 lost, 0 twice" : `${wrong.length} complaints`}`;
  return { history, wrong, counts };
}

export function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}

export function names(number: number, prefix = "u"): string[] {
  return Array.from({ length: number }, (_, i) => `${prefix}${i}`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Ms as people read them. */
export function ms(time: number): string {
  return time < 1_000 ? `${Math.round(time)} ms` : `${(time / 1_000).toFixed(1)} s`;
}

/** The value below which this share of all lies. */
export function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}
