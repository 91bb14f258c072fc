// One alarm for several parts: it is set for the earliest, and only where that changes something.
import { expect, test } from "vitest";
import { AlarmScheduler } from "../../src/durable/alarm-scheduler.ts";

/** A scheduler, and what was done to the platform's alarm, in order: a time, or null for deleted. */
function recorded() {
  const alarms: (number | null)[] = [];
  const scheduler = new AlarmScheduler(
    {
      setAlarm: (at) => Promise.resolve(void alarms.push(Number(at))),
      deleteAlarm: () => Promise.resolve(void alarms.push(null)),
    },
    () => undefined,
  );
  return { scheduler, alarms };
}

test("the alarm is set for the earliest part, and the same time is not set twice", () => {
  const { scheduler: all, alarms } = recorded();
  const [one, two] = [all.for("one"), all.for("two")];
  for (const at of [50, 50]) one.set(at);
  two.set(70);
  one.clear();
  two.clear();
  expect(alarms).toEqual([50, 70, null]);
});

test("a part without an alarm has none to delete, except where an earlier instance may have set it", () => {
  const { scheduler: all, alarms } = recorded();
  all.for("one").clear();
  expect(alarms).toEqual([]);
  all.for("two", "unknown").clear();
  expect(alarms).toEqual([null]);
});

test("after a ring the alarm is set for the parts that are not due yet", () => {
  const { scheduler: all, alarms } = recorded();
  const [one, two] = [all.for("one"), all.for("two", 70)];
  one.set(50);
  all.onAlarm(50);
  all.onAlarm(70);
  one.clear();
  two.clear();
  expect(alarms).toEqual([50, 70]);
});
