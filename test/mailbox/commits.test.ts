// Where a commit can't be finished, the mailbox ends without a word; its next lives say why, and not for nothing.
import { expect, test } from "vitest";
import { CommitFailures } from "../../src/durable/commit-failures.ts";

const never = new Promise<void>(() => undefined);

test("a mailbox whose last two lives ended in a commit says for a moment that it can't store; one may be chance", () => {
  const commits = new CommitFailures();
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ann")).toBe(0);
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ben")).toBe(0);
  expect(commits.refuseWritesUntil("ann")).toBeGreaterThan(Date.now());
  // It has said so, and tries again.
  expect(commits.refuseWritesUntil("ann")).toBe(0);
});

test("a commit that is done makes it forget the lives before", async () => {
  const commits = new CommitFailures();
  void commits.track("ann", never);
  commits.refuseWritesUntil("ann");
  await commits.track("ann", Promise.resolve());
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ann")).toBe(0);
});
