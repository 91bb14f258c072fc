// A mailbox whose commit fails is reset without an error. Its next instances find that here, and refuse writes.
import { expect, test } from "vitest";
import { CommitFailures } from "../../src/durable/commit-failures.ts";

const never = new Promise<void>(() => undefined);

test("a mailbox whose last two instances ended in a commit refuses writes for 5 s; after one it does not", () => {
  const commits = new CommitFailures();
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ann")).toBe(0);
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ben")).toBe(0);
  expect(commits.refuseWritesUntil("ann")).toBeGreaterThan(Date.now());
  // It has refused once, and tries again.
  expect(commits.refuseWritesUntil("ann")).toBe(0);
});

test("a commit that is done clears the earlier failures", async () => {
  const commits = new CommitFailures();
  void commits.track("ann", never);
  commits.refuseWritesUntil("ann");
  await commits.track("ann", Promise.resolve());
  void commits.track("ann", never);
  expect(commits.refuseWritesUntil("ann")).toBe(0);
});
