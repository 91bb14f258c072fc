// What a server's log says of one message: the lines about its author and its receiver, from when it was accepted. Takes the lines as the
// server prints them, and as `wrangler tail --format json` wraps them; whatever else is in the file is passed over.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Trace } from "../../src/protocol/operator-orders.ts";

export interface Line {
  readonly event: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

/** Ms before a message was accepted that may still tell of it: clocks of two machines. */
const SLACK = 1_000;

/** What of the receiver's says when its devices were there. */
const PRESENCE = new Set(["connect", "disconnect", "broken", "disconnected", "suspended", "resumed"]);

/** The lines that may be about the message, in their order; a string says what is wrong with the file. */
export async function readLogs(file: string, trace: Trace): Promise<Line[] | string> {
  const found: Line[] = [];
  const begun = (trace.author?.message?.at ?? trace.receiver?.message?.at ?? 0) - SLACK;
  let before: Line | null = null;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      for (const line of linesOf(text).filter((one) => isAbout(one, trace))) {
        if (line.at >= begun) found.push(line);
        else if (PRESENCE.has(line.event) && line.at >= (before?.at ?? 0)) before = line;
      }
    }
  } catch (error) {
    return `--logs ${file}: ${error instanceof Error ? error.message : ""}.`;
  }
  // Whether somebody was there when it came is told by the last line before.
  return [...(before === null ? [] : [before]), ...found.toSorted((a, b) => a.at - b.at)];
}

function isAbout(line: Line, { from, to }: Trace): boolean {
  if (line["user"] === from && line["to"] === to) return true;
  return line["user"] === to && (PRESENCE.has(line.event) || line.event.startsWith("push"));
}

function linesOf(text: string): Line[] {
  const value = parse(text.slice(Math.max(0, text.indexOf("{"))));
  if (isLine(value)) return [value];
  const logs = typeof value === "object" && value !== null && "logs" in value ? value.logs : [];
  if (!Array.isArray(logs)) return [];
  return logs.flatMap((log: { message?: unknown; timestamp?: unknown } | null) => {
    const inside = [log?.message].flat().map((one) => (typeof one === "string" ? parse(one) : one));
    return inside.map((one) => ({ at: log?.timestamp, ...(one as object) })).filter(isLine);
  });
}

function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null || !("event" in value) || !("at" in value)) return false;
  return typeof value.event === "string" && typeof value.at === "number";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
