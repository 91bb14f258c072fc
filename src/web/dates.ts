// Times and numbers as people read them, by Intl alone.
import type { Language } from "./translations.ts";

/** The hour today, the day this week, otherwise the date. */
export function shortTime(at: number, language: Language): string {
  const days = dayOf(Date.now()) - dayOf(at);
  if (days === 0) return format(at, language, { timeStyle: "short" });
  if (days > 0 && days < 7) return format(at, language, { weekday: "short" });
  return format(at, language, { dateStyle: "short" });
}

export function clock(at: number, language: Language): string {
  return format(at, language, { timeStyle: "short" });
}

export function clockWithSeconds(at: number, language: Language): string {
  return format(at, language, { timeStyle: "medium" });
}

export function day(at: number, language: Language): string {
  return format(at, language, { dateStyle: "full" });
}

export function dayAndTime(at: number, language: Language): string {
  return format(at, language, { dateStyle: "medium", timeStyle: "short" });
}

/** The number of a day in the local calendar: equal for two times of one day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

export function number(value: number, language: Language): string {
  return new Intl.NumberFormat(localeFor(language)).format(value);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, language: Language, options: Intl.DateTimeFormatOptions): string {
  const key = language + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(localeFor(language), options);
  formats.set(key, known);
  return known.format(at);
}

/** The first locale of the browser with this language, for the formats of its region. */
function localeFor(language: Language): string {
  const [spoken = ""] = language.split("-");
  return navigator.languages.find((one) => one.split("-")[0] === spoken) ?? language;
}
