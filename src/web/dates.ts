// Times and numbers as people read them, by Intl alone. What is drawn follows one calendar: see calendar.ts.
import type { Language } from "./translations.ts";

/** The hour today, then yesterday, the day of the week, and the date. */
export function shortTime(at: number, language: Language): string {
  const days = daysAgo(at);
  if (days === 0) return clock(at, language);
  if (days === 1) return relativeDay(days, language);
  if (days > 0 && days < 7) return format(at, language, { weekday: "short" });
  return format(at, language, { dateStyle: "short" });
}

export function clock(at: number, language: Language): string {
  return format(at, language, { timeStyle: "short" });
}

/** Today, yesterday, the day of the week, or the date, with the year where it is another one. */
export function day(at: number, language: Language): string {
  const days = daysAgo(at);
  if (days === 0 || days === 1) return relativeDay(days, language);
  if (days > 0 && days < 7) return format(at, language, { weekday: "long" });
  const isThisYear = new Date(at).getFullYear() === new Date().getFullYear();
  return format(at, language, isThisYear ? { day: "numeric", month: "long" } : { dateStyle: "long" });
}

/** A day and its time. */
export function dayAndTime(at: number, language: Language): string {
  const days = daysAgo(at);
  if (days === 0) return clock(at, language);
  return format(at, language, { dateStyle: "medium", timeStyle: "short" });
}

/** A time in full, as somebody asks for it. */
export function fullTime(at: number, language: Language): string {
  return format(at, language, { dateStyle: "full", timeStyle: "medium" });
}

/** The number of a day in the local calendar: equal for two times of one day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

export function number(value: number, language: Language): string {
  return new Intl.NumberFormat(localeFor(language)).format(value);
}

function daysAgo(at: number): number {
  return dayOf(Date.now()) - dayOf(at);
}

/** "Today" and "Yesterday" in the words of the language, with a capital letter where it has them. */
function relativeDay(days: number, language: Language): string {
  const word = new Intl.RelativeTimeFormat(localeFor(language), { numeric: "auto" }).format(-days, "day");
  return word.charAt(0).toLocaleUpperCase(language) + word.slice(1);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The time zone has changed: formats keep the one that they were made in. */
export function forgetFormats(): void {
  formats.clear();
}

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
