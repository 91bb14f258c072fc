// Serializing a body that a program passes to the SDK: each value that JSON can't represent has its own error sentence.
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
  ["an array nested 129 deep", deep(129), /nested more than 128 deep/],
  ["an array too deep for the stack", deeper(), /nested more than 128 deep/],
])("%s is refused with its own sentence", (_, body, sentence) => {
  expect(serializeBody(body)).toMatchObject({ code: "bad_frame", message: expect.stringMatching(sentence) });
  expect(problemOfBody(body as never)).toMatch(sentence);
});

test.each([
  ["nesting at the limit", deep(128)],
  ["brackets, braces and quotes in strings", { ["[{".repeat(200)]: '\\"[[[['.repeat(200) }],
  ["300 nested values side by side", Array.from({ length: 300 }, () => [{}])],
  ["a backslash at the end of a string", ["\\", [["x".repeat(300)]]]],
])("a body with %s is accepted", (_, body) => {
  expect(serializeBody(body)).toBe(JSON.stringify(body));
});
