// Days and times as the page says them, in both languages.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clock, day, forgetFormats, shortTime } from "../../src/web/dates.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 10, 27, 12) });
  vi.stubGlobal("navigator", { languages: ["en-GB", "zh-CN"] });
  forgetFormats();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([
  [new Date(2026, 10, 27, 0, 1), "Today", "今天"],
  [new Date(2026, 10, 26, 23, 59), "Yesterday", "昨天"],
  [new Date(2026, 10, 25, 12), "Wednesday", "星期三"],
  [new Date(2026, 10, 21, 12), "Saturday", "星期六"],
  [new Date(2026, 10, 20, 12), "20 November", "11月20日"],
  [new Date(2025, 10, 20, 12), "20 November 2025", "2025年11月20日"],
  // A clock that is ahead.
  [new Date(2026, 10, 28, 12), "28 November", "11月28日"],
])("the day of %s is %s, %s", (date, english, chinese) => {
  expect(day(date.getTime(), "en")).toBe(english);
  expect(day(date.getTime(), "zh-Hans")).toBe(chinese);
});

test("the list has the time of today, then yesterday, the day of the week, the date", () => {
  const at = [new Date(2026, 10, 27, 9, 5), new Date(2026, 10, 26), new Date(2026, 10, 23), new Date(2026, 9, 1)];
  expect(at.map((date) => shortTime(date.getTime(), "en"))).toEqual(["09:05", "Yesterday", "Mon", "01/10/2026"]);
  expect(clock(at[0]?.getTime() ?? 0, "zh-Hans")).toBe("09:05");
});
