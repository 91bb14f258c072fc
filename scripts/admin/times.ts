// Times and durations as an operator types them: 2026-11-25T10:00:00Z, 90min, 36h, 7d.

const UNIT_MS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Ms of a duration such as `36h`; null for another text. */
export function durationOf(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,6})(min|h|d|w)$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return count === undefined || unitMs === undefined ? null : Number(count) * unitMs;
}

/** Ms since 1970 of a time, or of a duration before `now`; null for another text. */
export function pastTimeOf(text: string, now: number): number | null {
  const ago = durationOf(text);
  if (ago !== null) return now - ago;
  return timeOf(text);
}

/** Ms since 1970 of a time with its date; null for another text. */
export function timeOf(text: string): number | null {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return at > 0 ? at : null;
}

/** What is wrong with a flag that takes a time. */
export function wrongTime(flag: string, text: string, alsoDurations = true): string {
  return `--${flag} ${text}: it must be a time, such as 2026-11-25T10:00:00Z${alsoDurations ? ", or a duration, such as 36h or 7d" : ""}.`;
}
