// The checker of all faults: it accepts recorded histories, and finds every fault that is planted into them.
import { expect, test } from "vitest";
import { check } from "./checker.ts";
import { PLANTED } from "./planted.ts";
import { complaintsAbout, recordedHistories } from "./verify-checker.ts";
import { parse, serialize } from "./history.ts";

const histories = recordedHistories();

test("the checker accepts the recorded histories, one of which contains a restore of mailboxes", () => {
  expect([...histories.values()].map(check)).toEqual([...histories.values()].map(() => []));
  expect([...histories.values()].some(({ restores }) => restores.length > 0)).toBe(true);
});

test.each(PLANTED)("the checker finds a planted fault: $name", (fault) => {
  const complaints = [...histories.values()].flatMap((history) => complaintsAbout(history, fault));
  expect(complaints.length).toBeGreaterThan(0);
  for (const sentences of complaints) expect(sentences.join("\n")).toMatch(fault.complaint);
});

test("a message of a closed application that received no answer may be lost only in a time that a restore removed", () => {
  const word = "u1/a/1";
  const held = [{ seq: 5, from: "u1", word }];
  const events = [
    { at: 0, by: "u1/a", is: "sent", word, to: "u2" },
    { at: 1, by: "u1/a", is: "restarted" },
    { at: 2, by: "u2/a", is: "shown", word, from: "u1", seq: 5 },
    { at: 3, by: "u2/a", is: "gap" },
  ] as const;
  const of = (user: string, peer: string) => [
    { user, device: null, peer, messages: [] },
    { user, device: "a", peer, messages: held },
  ];
  const history = { events, holdings: [...of("u1", "u2"), ...of("u2", "u1")] };

  expect(check({ ...history, restores: [{ user: null, copied: 0, after: 3 }] })).toEqual([]);
  for (const restores of [[], [{ user: null, copied: 3, after: 3 }]]) {
    expect(check({ ...history, restores })).toContainEqual(expect.stringMatching(/who never received an outcome/));
  }
});

test("a history is the same after writing it to a file and reading it", () => {
  for (const history of histories.values()) expect(parse(serialize(history))).toEqual(history);
});
