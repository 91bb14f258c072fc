// The judge of all faults: recorded histories are as promised, and every fault that is planted into them is found.
import { expect, test } from "vitest";
import { check } from "./checker.ts";
import { PLANTED } from "./planted.ts";
import { plant, recorded } from "./prove.ts";
import { read, write } from "./history.ts";

const histories = recorded();

test("recorded histories are as promised, one of them with mailboxes that were set back", () => {
  expect([...histories.values()].map(check)).toEqual([...histories.values()].map(() => []));
  expect([...histories.values()].some(({ setBack }) => setBack.length > 0)).toBe(true);
});

test.each(PLANTED)("the judge sees that $name", (fault) => {
  const said = [...histories.values()].flatMap((history) => plant(history, fault));
  expect(said.length).toBeGreaterThan(0);
  for (const sentences of said) expect(sentences.join("\n")).toMatch(fault.complaint);
});

test("a history that was written to a file is the same when it is read again", () => {
  for (const history of histories.values()) expect(read(write(history))).toEqual(history);
});
