// What is asked over HTTP about conversations and settings: read once, in the Worker.
import * as z from "zod/mini";
import { NUMBER_END } from "./limits.ts";
import type { Settings } from "./visitor.ts";

/** Which part of a list: at most `limit` items, before or after a seq. */
export interface Range {
  readonly limit: number;
  readonly before: number | null;
  readonly after: number | null;
}

/** Items of one answer, at most and by default. Answers: a page of history that fills memory. */
const MOST = 200;
const DEFAULT = 50;

const range = z.object({
  limit: z.int().check(z.gte(1), z.lte(MOST)),
  before: z.nullable(z.int().check(z.gte(0), z.lt(NUMBER_END))),
  after: z.nullable(z.int().check(z.gte(0), z.lt(NUMBER_END))),
});

/** Reads `limit`, `before` and `after`; a string says what is wrong. */
export function readRange(search: URLSearchParams): Range | string {
  const read = range.safeParse({
    limit: numberOf(search.get("limit")) ?? DEFAULT,
    before: numberOf(search.get("before")),
    after: numberOf(search.get("after")),
  });
  if (!read.success) {
    const field = String(read.error.issues[0]?.path[0]);
    return field === "limit" ? `limit must be 1 to ${MOST}` : `${field} must be a seq`;
  }
  if (read.data.before !== null && read.data.after !== null) return "before and after exclude each other";
  return read.data;
}

const settings = z.strictObject({ receipts: z.optional(z.boolean()), presence: z.optional(z.boolean()) });

/** Reads a change of the settings; a string says what is wrong. */
export function readSettings(value: unknown): Partial<Settings> | string {
  const read = settings.safeParse(value);
  return read.success ? (read.data as Partial<Settings>) : "settings are receipts and presence, true or false";
}

function numberOf(text: string | null): number | null {
  if (text === null) return null;
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
