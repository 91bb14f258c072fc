// The log of attempts: one line a minute for each network, and 60 in all, so that a flood of attempts does not flood
// the log.
import { afterEach, expect, test, vi } from "vitest";
import { logAttempt } from "../../src/identity/attempt-log.ts";

const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
const lines = () => log.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
const MINUTE = 60_000;

afterEach(() => {
  log.mockClear();
});

test("a network has one line of each kind in a minute, and the next minute reports how many were suppressed", () => {
  const now = 10 * MINUTE;
  for (let n = 0; n < 500; n++) logAttempt("token_refused", "203.0.113.0/24", now + n);
  logAttempt("operator_refused", "203.0.113.0/24", now);
  expect(lines()).toMatchObject([
    { event: "token_refused", network: "203.0.113.0/24" },
    { event: "operator_refused", network: "203.0.113.0/24" },
  ]);
  logAttempt("token_refused", "203.0.113.0/24", now + MINUTE);
  expect(lines().slice(2)).toMatchObject([{ event: "attempts_unlisted", more: 499 }, { event: "token_refused" }]);
});

test("10,000 networks cause 60 lines, and one that counts the others", () => {
  const now = 20 * MINUTE;
  for (let n = 0; n < 10_000; n++) logAttempt("attempts_exhausted", `198.18.${n >> 8}.${n & 255}/24`, now);
  logAttempt("token_refused", "203.0.113.0/24", now + MINUTE);
  const events = lines().map(({ event }) => event);
  expect(events.filter((event) => event === "attempts_exhausted")).toHaveLength(60);
  expect(lines().find(({ event, more }) => event === "attempts_unlisted" && more === 9_940)).toBeDefined();
});
