// Bodies are compared as JSON values, in any order of their keys.
import fc from "fast-check";
import { expect, test } from "vitest";
import { serializeBody } from "../../src/protocol/json.ts";
import { MAX_BODY_DEPTH } from "../../src/protocol/limits.ts";
import { isSameJson, sortKeys } from "../../src/protocol/sorted-json.ts";

/** The text that is stored for a body that a client wrote like this. */
const stored = (text: string) => String(serializeBody(JSON.parse(text)));

test.each([
  [`{"a":1,"b":[{"c":2,"d":3}]}`, `{"b":[{"d":3,"c":2}],"a":1}`],
  [`{"a":1}`, ` { "\\u0061" : 1.0 } `],
  [`[1,-0,1e2]`, `[1.0,0,100]`],
  [`{"a":1,"a":2}`, `{"a":2}`],
  [`{"a":1,"b":2,"a":3}`, `{"b":2,"a":3}`],
  [`{"10":1,"9":2,"x":3}`, `{"x":3,"9":2,"10":1}`],
  [`{"__proto__":1,"a":2}`, `{"a":2,"__proto__":1}`],
  [`{"\\ud800":1,"\\u0000":2}`, `{"\\u0000":2,"\\ud800":1}`],
])("[S2] %s and %s are one value", (one, other) => {
  expect(isSameJson(stored(one), stored(other))).toBe(true);
});

test.each([
  [`{"a":1}`, `{"a":2}`],
  [`[1,2]`, `[2,1]`],
  [`{"a":{"b":1}}`, `{"b":{"a":1}}`],
  [`"{1}"`, `"{2}"`],
  [`{"a":"1"}`, `{"a":"2"}`],
  [`{"a":null}`, `{"b":null}`],
  [`{"__proto__":1}`, `{"__proto__":2}`],
  [`{}`, `[]`],
])("[S2] %s and %s are two values", (one, other) => {
  expect(isSameJson(stored(one), stored(other))).toBe(false);
});

test("[S2] any JSON value equals itself with its keys in another order, and no other value", () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (one, other) => {
      expect(isSameJson(stored(one), JSON.stringify(reverseKeys(JSON.parse(one))))).toBe(true);
      expect(isSameJson(stored(one), stored(other))).toBe(sortKeys(stored(one)) === sortKeys(stored(other)));
    }),
  );
});

test("[S2] bodies as deep as they may be are compared", () => {
  const deep = (last: number) => `${`{"b":0,"a":`.repeat(MAX_BODY_DEPTH)}${last}${"}".repeat(MAX_BODY_DEPTH)}`;
  const reordered = JSON.stringify(reverseKeys(JSON.parse(deep(1))));
  expect(stored(deep(1))).toBe(deep(1));
  expect(isSameJson(deep(1), reordered)).toBe(true);
  expect(isSameJson(deep(2), reordered)).toBe(false);
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, each]) => [key, reverseKeys(each)]),
  );
}
