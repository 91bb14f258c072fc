// The SDK passes the conformance cases: they are played once, several at a time, and each is a test.
import { beforeAll, expect, test } from "vitest";
import { CASES } from "./cases/all.ts";
import type { Outcome } from "./play.ts";
import { playAll } from "./runner.ts";

const SDK = "node test/conformance/adapters/sdk.ts";
/** More than there are cores: most of a case is waiting. */
const PARALLEL = 14;
const TIMEOUT_MS = 240_000;

/** Cases that the SDK is known to fail. */
const KNOWN = new Set([
  "[T10][R3] a gap that comes again is reported once",
  '[T4][U12] an old message of this device name with the same number, and "hello", is another message',
  "[T15][U7] `read` is said again when the mailbox says that it dropped frames",
]);

const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  await playAll(CASES, SDK, PARALLEL, (outcome) => outcomes.set(outcome.name, outcome));
}, TIMEOUT_MS);

test("every case has a name of its own", () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  expect(CASES.length).toBeGreaterThan(90);
});

test.each(CASES.map(({ name }) => name))("the SDK: %s", (name) => {
  const { is, why, errors } = outcomes.get(name) ?? { is: "failed", why: "it was not played", errors: "" };
  expect(is, `${why}\n${errors}`).toBe(KNOWN.has(name) ? "failed" : "passed");
});
