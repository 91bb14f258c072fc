// Finds the log lines about one message: those of its author and its receiver, since it was accepted. Reads lines as
// the server prints them, or as `wrangler tail --format json` wraps them; ignores all others.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Trace } from "../../src/protocol/operator-orders.ts";

export interface Line {
  readonly event: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

/** Ms before the message was accepted in which lines still count, because clocks differ. */
const SLACK_MS = 1_000;

/** Events that show when the receiver's devices were connected. */
const PRESENCE_EVENTS = new Set(["connect", "disconnect", "broken", "disconnected", "suspended", "resumed"]);

/** The lines that may be about the message, in order; a string says what is wrong with the file. */
export async function readLogs(file: string, trace: Trace): Promise<Line[] | string> {
  const found: Line[] = [];
  const since = (trace.author?.message?.at ?? trace.receiver?.message?.at ?? 0) - SLACK_MS;
  let lastBefore: Line | null = null;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      for (const line of linesOf(text).filter((one) => isAbout(one, trace))) {
        if (line.at >= since) found.push(line);
        else if (PRESENCE_EVENTS.has(line.event) && line.at >= (lastBefore?.at ?? 0)) lastBefore = line;
      }
    }
  } catch (error) {
    return `--logs ${file}: ${error instanceof Error ? error.message : ""}.`;
  }
  // The last earlier line shows whether a device was connected when the message came.
  return [...(lastBefore === null ? [] : [lastBefore]), ...found.toSorted((a, b) => a.at - b.at)];
}

function isAbout(line: Line, { from, to }: Trace): boolean {
  if (line["user"] === from && line["to"] === to) return true;
  return line["user"] === to && (PRESENCE_EVENTS.has(line.event) || line.event.startsWith("push"));
}

function linesOf(text: string): Line[] {
  const value = parseJson(text.slice(Math.max(0, text.indexOf("{"))));
  if (isLine(value)) return [value];
  const logs = typeof value === "object" && value !== null && "logs" in value ? value.logs : [];
  if (!Array.isArray(logs)) return [];
  return logs.flatMap((log: { message?: unknown; timestamp?: unknown } | null) => {
    const inside = [log?.message].flat().map((one) => (typeof one === "string" ? parseJson(one) : one));
    return inside.map((one) => ({ at: log?.timestamp, ...(one as object) })).filter(isLine);
  });
}

function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null || !("event" in value) || !("at" in value)) return false;
  return typeof value.event === "string" && typeof value.at === "number";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
