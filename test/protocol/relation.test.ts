// Relations by themselves: which bodies go with which, and how they are stored as text.
import { expect, test } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";
import {
  type Relation,
  readRelation,
  relationInEnvelope,
  relationProblem,
  relationText,
} from "../../src/protocol/relation.ts";
import { readFrames } from "../../src/protocol/up.ts";

const EMOJI = ["👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇨🇭", "4️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"];

test.each([[[]], ...EMOJI.map((one) => [[one]]), [EMOJI]])("[I4] %j is the body of a reaction", (body) => {
  expect(relationProblem("react", body)).toBeNull();
  const send = { type: "send", id: 1, to: "bob", body, re: { to: 7, is: "react" } };
  expect(readFrames(parseJson(JSON.stringify(send)))).toMatchObject([{ type: "send", re: { to: 7, is: "react" } }]);
});

test.each([
  [null],
  ["👍"],
  [{ 0: "👍" }],
  [["👍", "👍"]],
  [["👍👍"]],
  [["👍 "]],
  [[""]],
  [["a"]],
  [["1"]],
  [["❤"]],
  [["🇨"]],
  [["👍\u200d👍"]],
  [["👍".repeat(20)]],
  [[1]],
  [[["👍"]]],
  [[...EMOJI, "👎"]],
])("[I4] %j is no body of a reaction", (body) => {
  expect(relationProblem("react", body)).not.toBeNull();
  const send = { type: "send", id: 1, to: "bob", body, re: { to: 7, is: "react" } };
  expect(readFrames(parseJson(JSON.stringify(send)))).toMatchObject([
    { type: "refused", id: 1, refusal: { code: "bad_frame" } },
  ]);
});

test("[I5] the body of a retraction is null, and nothing else", () => {
  expect(relationProblem("retract", null)).toBeNull();
  for (const body of [0, "", false, [], {}, "null"]) expect(relationProblem("retract", body)).not.toBeNull();
});

test.each([
  [{ is: "reply" }],
  [{ to: 7 }],
  [{ to: 7, is: "forward" }],
  [{ to: 0, is: "reply" }],
  [{ to: 1.5, is: "reply" }],
  [{ to: "7", is: "reply" }],
  [null],
  ["reply"],
  [[]],
])("[I1] %j is no relation", (re) => {
  const [read] = readFrames([{ type: "send", id: 3, to: "bob", body: "hi", re }]);
  const message = "This frame can't be read: re is missing or not of its form.";
  expect(read).toEqual({ type: "refused", id: 3, refusal: { code: "bad_frame", message } });
});

test.each<[Relation, string]>([
  [{ to: 0, is: "react" }, "react 0"],
  [{ to: 1795987663443015, is: "edit" }, "edit 1795987663443015"],
  [{ to: 7, is: "reply", origin: 1795987663441007 }, "reply 7 1795987663441007"],
])("a row has the relation %j as the text %j", (relation, text) => {
  expect(relationText(relation)).toBe(text);
  expect(readRelation(text)).toEqual(relation);
});

test("a row with a relation of newer code, and one without, has a message without one", () => {
  for (const text of [null, undefined, "", "forward 7"]) expect(readRelation(text)).toBeUndefined();
});

test("[M18] an envelope says whose message is meant, by its number in the log of that user", () => {
  expect(relationInEnvelope({ is: "edit", to: 7 })).toEqual({ is: "edit", of: "author", origin: 7 });
  expect(relationInEnvelope({ is: "reply", to: 7, origin: 9 })).toEqual({ is: "reply", of: "receiver", origin: 9 });
});
