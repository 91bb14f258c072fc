// Every test inside the runtime checks the frames that its sockets get: against their JSON Schema, and their codes
// against the table of refusals. Of each set of fields the first ones, and no long texts, because some tests get a
// hundred thousand frames, and measure what happens meanwhile.
import { afterEach, expect } from "vitest";
import { frameSchemas } from "../../src/protocol/catalogue/frame-schemas.ts";
import { FRAMES } from "../../src/protocol/catalogue/frames.ts";
import { codesIn, REFUSALS } from "../../src/protocol/refusals.ts";
import { matchesSchema } from "./match-schema.ts";

/** How many frames of each set of fields, and UTF-16 units of a text. */
const CHECKED = 50;
const MAX_UNITS = 20_000;

const schemas = frameSchemas((name) => ({ $ref: name }));
const nameOf = new Map(
  FRAMES.filter(({ side, type }) => side === "down" && type).map(({ type, name }) => [type, name]),
);
const seen = new Map<string, number>();
/** The plain dialect has the codes of all frames. */
const PLAIN = (["error", "refused", "failed", "closing", "plain"] as const).flatMap((place) => codesIn(place));
const deviations: string[] = [];

/** To be called with each text that a socket gets. */
export function checkText(text: string): void {
  if (text === "pong" || text === "(binary)" || text.length > MAX_UNITS) return;
  for (const frame of [JSON.parse(text)].flat() as Readonly<Record<string, unknown>>[]) {
    const fields = Object.keys(frame).join(" ");
    const kind = `${String(frame["type"])} ${fields}`;
    const times = seen.get(kind) ?? 0;
    if (times >= CHECKED) continue;
    seen.set(kind, times + 1);
    const name = nameOf.get(frame["type"] as string) ?? "PlainDown";
    const code = codeOf(frame);
    if (code !== null && !code.known.includes(code.word)) deviations.push(`${code.word} is not sent in ${fields}`);
    if (!matchesSchema(schemas[name] ?? {}, frame)) deviations.push(`${name}: ${JSON.stringify(frame).slice(0, 300)}`);
  }
}

/** The code of a refusal, and those that the table has for its place. Null for other frames, and a newer mailbox's code. */
function codeOf(frame: Readonly<Record<string, unknown>>): { word: unknown; known: readonly unknown[] } | null {
  const { type, code, reason } = frame;
  switch (type) {
    case "error":
    case "refused":
      return { word: code, known: codesIn(type) };
    case "failed":
      return Object.hasOwn(REFUSALS, String(code)) ? { word: code, known: codesIn(type) } : null;
    case "closing":
      return { word: reason, known: codesIn(type) };
    case undefined:
      return Object.hasOwn(REFUSALS, String(code)) ? { word: code, known: PLAIN } : null;
    default:
      return null;
  }
}

afterEach(() => {
  expect(deviations.splice(0)).toEqual([]);
});
