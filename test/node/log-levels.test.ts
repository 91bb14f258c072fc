// The form of a line of the log, and which lines a level leaves out.
import { afterEach, expect, test, vi } from "vitest";
import { EVENTS, type EventName, levelOf, logEvent, setLogLevel } from "../../src/protocol/log-events.ts";
import { LOG_LEVELS, valueOf } from "../../src/protocol/variables.ts";

const print = vi.spyOn(console, "log").mockImplementation(() => undefined);

afterEach(() => {
  print.mockClear();
  setLogLevel("info");
  vi.useRealTimers();
});

const names = Object.keys(EVENTS) as EventName[];
const printed = () => print.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);

test("a line has its event, its level, and its time as a number and in ISO 8601", () => {
  vi.useFakeTimers({ now: 1_796_000_000_123, toFake: ["Date"] });
  logEvent("broken", { user: "ann" });
  expect(print).toHaveBeenCalledExactlyOnceWith(
    `{"event":"broken","level":"error","at":1796000000123,"time":"${new Date().toISOString()}","user":"ann"}`,
  );
});

test("before the platform's clock runs, a line has no ISO time", () => {
  vi.useFakeTimers({ now: 0, toFake: ["Date"] });
  logEvent("auth_open", { warning: "AUTH is open" });
  expect(printed()).toEqual([{ event: "auth_open", level: "warn", at: 0, warning: "AUTH is open" }]);
});

test("LOG_LEVEL leaves out lower levels, except what operators did", () => {
  expect(LOG_LEVELS.map((level) => valueOf({ LOG_LEVEL: level }, "LOG_LEVEL"))).toEqual([...LOG_LEVELS]);
  expect(valueOf({ LOG_LEVEL: "debug" }, "LOG_LEVEL")).toBe("info");
  for (const name of names) logEvent(name, {});
  expect(printed()).toHaveLength(names.length);
  print.mockClear();
  setLogLevel("warn");
  for (const name of names) logEvent(name, {});
  const left = printed().map(({ event }) => event);
  expect(left).toEqual(expect.arrayContaining(["broken", "deliver_failed", "erased", "service_token_granted"]));
  expect(left).not.toEqual(expect.arrayContaining(["connect"]));
  print.mockClear();
  setLogLevel("error");
  for (const name of names) logEvent(name, {});
  expect(printed().filter(({ level }) => level === "warn")).toEqual([]);
  expect(printed().map(({ event }) => event)).toContain("suspended");
});

test("each level has events", () => {
  expect(new Set(names.map(levelOf))).toEqual(new Set(LOG_LEVELS));
});
