// What the operator wants kept: RETENTION_DAYS and RETENTION_ENTRIES. Empty or absent: everything.
import type { Retention } from "./log/keep.ts";

const DAY_MS = 86_400_000;

export function retentionOf(env: { readonly RETENTION_DAYS?: string; readonly RETENTION_ENTRIES?: string }): Retention {
  const days = numberOf(env.RETENTION_DAYS);
  return { entries: numberOf(env.RETENTION_ENTRIES), age: days === null ? null : days * DAY_MS };
}

/** A wrong value keeps everything: nothing is lost by a typing mistake. */
function numberOf(text: string | undefined): number | null {
  const number = Number(text);
  return text === undefined || text.trim() === "" || !(number > 0) ? null : number;
}
