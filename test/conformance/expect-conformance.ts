// A client passes the conformance cases in npm test: they are played once, several at a time, and each is a test.
import { beforeAll, expect, test } from "vitest";
import { CASES } from "./cases/all.ts";
import type { Outcome } from "./play.ts";
import { playAll } from "./runner.ts";

/** Cases at once: more than there are cores, because most of a case is waiting. */
const PARALLEL = 12;
const TIMEOUT_MS = 240_000;

interface Options {
  /** Cases that are known to fail. */
  readonly fails?: readonly string[];
  /** Cases about what the client does not use, or has no ability for. */
  readonly skips?: readonly string[];
  readonly parallel?: number;
  /** Only every n-th case, by default each. `npm run conformance` plays all of them. */
  readonly every?: number;
}

/** `command` gives the command of a shell that starts the client. Exceptions that are not needed fail too. */
export function expectConformance(client: string, command: () => Promise<string>, options: Options = {}): void {
  const outcomes = new Map<string, Outcome>();
  const { fails = [], skips = [], parallel = PARALLEL, every = 1 } = options;
  const cases = CASES.filter((_, i) => i % every === 0);
  const names = cases.map(({ name }) => name);

  beforeAll(async () => {
    await playAll(cases, await command(), parallel, (outcome) => outcomes.set(outcome.name, outcome));
  }, TIMEOUT_MS);

  test(`${client}: every exception is about a case`, () => {
    expect([...fails, ...skips].filter((name) => !CASES.some((one) => one.name === name))).toEqual([]);
  });

  test.each(names)(`${client}: %s`, (name) => {
    const expected = fails.includes(name) ? "failed" : skips.includes(name) ? "skipped" : "passed";
    const { is, why, errors } = outcomes.get(name) ?? { is: "failed", why: "it was not played", errors: "" };
    expect(is, `${why}\n${errors}`).toBe(expected);
  });
}
