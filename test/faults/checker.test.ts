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

test("what an application sent before it was closed, without an answer, may be gone with the time that a copy lacks, and not without", () => {
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

  expect(check({ ...history, setBack: [{ user: null, copied: 0, after: 3 }] })).toEqual([]);
  for (const setBack of [[], [{ user: null, copied: 3, after: 3 }]]) {
    expect(check({ ...history, setBack })).toContainEqual(expect.stringMatching(/was never told what became of it/));
  }
});

test("a history that was written to a file is the same when it is read again", () => {
  for (const history of histories.values()) expect(read(write(history))).toEqual(history);
});
