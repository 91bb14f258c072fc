// The example in Java passes the conformance cases: they are played once, several at a time, and each is a test.
import { beforeAll, expect, test } from "vitest";
import { compileJava } from "../support/java-client.ts";
import { CASES } from "./cases/all.ts";
import type { Outcome } from "./play.ts";
import { playAll } from "./runner.ts";

/** More than there are cores, because a case also waits; not more, because each start of a process computes. */
const PARALLEL = 5;
const TIMEOUT_MS = 240_000;

/** What examples/java/README.md says that it leaves out. */
const LEFT_OUT = /^\[F8\] the conversation "runs"/;

const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  const command = [...(await compileJava()), "--conformance"].map((word) => `'${word}'`).join(" ");
  await playAll(CASES, `exec ${command}`, PARALLEL, (outcome) => outcomes.set(outcome.name, outcome));
}, TIMEOUT_MS);

test.each(CASES.map(({ name }) => name))("the Java example: %s", (name) => {
  const { is, why, errors } = outcomes.get(name) ?? { is: "failed", why: "it was not played", errors: "" };
  expect(is, `${why}\n${errors}`).toBe(LEFT_OUT.test(name) ? "skipped" : "passed");
});
