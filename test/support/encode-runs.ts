// Encodes frames as runs, and expands them, one frame at a time: a simple model of what the mailbox and the SDK do
// without expanding runs.
import type { Down } from "../../src/protocol/down.ts";
import type { Frame } from "./client-socket.ts";

const NUMBERS = new Set(["seq", "id", "origin", "entry"]);

/** Merges adjacent frames that differ only by body and consecutive numbers into runs, where `joins` returns true. */
export function encodeRuns(frames: readonly Frame[], joins: () => boolean): Frame[] {
  const folded: Frame[] = [];
  for (const frame of frames) {
    const before = folded.at(-1);
    if (before !== undefined && continuesRun(before, frame) && joins()) folded.splice(-1, 1, joined(before, frame));
    else folded.push(frame);
  }
  return folded;
}

function continuesRun(before: Frame, frame: Frame): boolean {
  if (!["message", "accepted", "send"].includes(String(frame["type"])) || hasBody(before) !== hasBody(frame))
    return false;
  if ("re" in frame || "re" in before) return false;
  const fields = fieldsOf(frame);
  if (String(fields) !== String(fieldsOf(before))) return false;
  return fields.every((field) => frame[field] === (NUMBERS.has(field) ? Number(before[field]) + 1 : before[field]));
}

function joined(before: Frame, frame: Frame): Frame {
  const { body, bodies = [body], ...rest } = before as Frame & { bodies?: unknown[] };
  const { body: last, ...numbers } = frame;
  const count = frame["type"] === "send" ? {} : { count: Number(rest["count"] ?? 1) + 1 };
  return { ...rest, ...numbers, ...count, ...(hasBody(frame) && { bodies: [...bodies, last] }) };
}

/** The fields that a frame and a run have in common. */
function fieldsOf(frame: Frame): string[] {
  return Object.keys(frame)
    .filter((field) => !["body", "bodies", "count"].includes(field))
    .toSorted();
}

function hasBody(frame: Frame): boolean {
  return "body" in frame || "bodies" in frame;
}

/** The frames of a run; any other frame as it is. */
export function expandRuns(down: Down): readonly Down[] {
  const { count = 1, bodies, ...last } = down as Frame & { count?: number; bodies?: unknown[] };
  if (count === 1) return [down];
  return Array.from({ length: count }, (_, i) => {
    const one: Frame = { ...last };
    for (const name of NUMBERS) if (Number(one[name] ?? 0) > 0) one[name] = Number(one[name]) - (count - 1 - i);
    if (bodies !== undefined) one["body"] = bodies[i];
    return one as unknown as Down;
  });
}
