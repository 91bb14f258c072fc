// Frames as runs, written the long way round: the other side of what src/protocol/down.ts unfolds.
import type { Frame } from "./line.ts";

const NUMBERS = new Set(["seq", "id", "origin", "entry"]);

/** The same frames; neighbours that differ only by body and by what counts up are one where `joins` says so. */
export function fold(frames: readonly Frame[], joins: () => boolean): Frame[] {
  const folded: Frame[] = [];
  for (const frame of frames) {
    const before = folded.at(-1);
    if (before !== undefined && goesOn(before, frame) && joins()) folded.splice(-1, 1, joined(before, frame));
    else folded.push(frame);
  }
  return folded;
}

function goesOn(before: Frame, frame: Frame): boolean {
  if (!["message", "accepted", "send"].includes(String(frame["type"])) || hasBody(before) !== hasBody(frame))
    return false;
  const { body: _, bodies: __, count: ___, ...rest } = before;
  const { body: ____, ...next } = frame;
  const fields = Object.keys(next);
  if (fields.length !== Object.keys(rest).length) return false;
  return fields.every((field) => next[field] === (NUMBERS.has(field) ? Number(rest[field]) + 1 : rest[field]));
}

function joined(before: Frame, frame: Frame): Frame {
  const { body, bodies = [body], ...rest } = before as Frame & { bodies?: unknown[] };
  const { body: last, ...numbers } = frame;
  const count = frame["type"] === "send" ? {} : { count: Number(rest["count"] ?? 1) + 1 };
  return { ...rest, ...numbers, ...count, ...(hasBody(frame) && { bodies: [...bodies, last] }) };
}

function hasBody(frame: Frame): boolean {
  return "body" in frame || "bodies" in frame;
}
