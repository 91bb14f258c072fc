// A mailbox whose alarm keeps failing: the platform stops after six retries, so before the last of them the mailbox sets
// another alarm.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { MailboxEvents } from "../../src/mailbox/instance/events.ts";
import type { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fresh } from "../support/devices.ts";

afterEach(() => void vi.restoreAllMocks());

/** When the alarm of a failing mailbox is due after this retry: ms from now, or null for none. */
async function alarmAfter(retryCount: number): Promise<number | null> {
  vi.spyOn(MailboxEvents.prototype, "onAlarm").mockImplementation(() => {
    throw new Error("a fault of the code");
  });
  return runInDurableObject(env.MAILBOX.getByName(fresh("alice")), async (mailbox: Mailbox, state) => {
    const scheduledTime = Date.now();
    await expect(mailbox.alarm({ isRetry: retryCount > 0, retryCount, scheduledTime })).rejects.toThrow("a fault");
    const due = await state.storage.getAlarm();
    return due === null ? null : due - scheduledTime;
  });
}

test("a failing alarm is repeated after an hour, once the platform has repeated it five times", async () => {
  expect(await alarmAfter(5)).toBeGreaterThanOrEqual(3_600_000);
  expect(await alarmAfter(6)).toBeGreaterThanOrEqual(3_600_000);
});

test.each([0, 4])("retry %i leaves the next one to the platform", async (retryCount) => {
  expect(await alarmAfter(retryCount)).toBe(null);
});
