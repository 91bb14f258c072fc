// A body as a program hands it to the SDK: whatever JSON has no word for is named, each by its own sentence.
import { expect, test } from "vitest";
import { problemOfBody } from "../../src/client/connect.ts";
import { serializeBody } from "../../src/protocol/json.ts";

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
const deeper = () => {
  let value: unknown = 1;
  for (let n = 0; n < 100_000; n++) value = [value];
  return value;
};

test.each([
  ["undefined", undefined, /: body is undefined\.$/],
  ["a function", () => 1, /: body is function\.$/],
  ["a symbol", Symbol("x"), /: body is symbol\.$/],
  ["a BigInt", 1n, /BigInt/],
  ["a BigInt inside", { a: [1n] }, /BigInt/],
  ["a cycle", cycle, /circular/],
  ["what is 129 deep", deep(129), /nested more than 128 deep/],
  ["what no stack can hold", deeper(), /nested more than 128 deep/],
])("%s is refused by a sentence of its own", (_, body, told) => {
  expect(serializeBody(body)).toMatchObject({ code: "bad_frame", message: expect.stringMatching(told) });
  expect(problemOfBody(body as never)).toMatch(told);
});

test.each([
  ["levels at the limit", deep(128)],
  ["brackets, braces and quotes in strings", { ["[{".repeat(200)]: '\\"[[[['.repeat(200) }],
  ["as many levels one after the other", Array.from({ length: 300 }, () => [{}])],
  ["a backslash at the end of a string", ["\\", [["x".repeat(300)]]]],
])("%s are fine", (_, body) => {
  expect(serializeBody(body)).toBe(JSON.stringify(body));
});
