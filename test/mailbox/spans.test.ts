// What a conversation has of the log: spans say what a list of the numbers would say, in either form that a row may have.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeqRanges } from "../../src/durable/log/seq-ranges.ts";

/** Ascending, often in a row, from a seq of today on. */
const numbers = fc
  .tuple(
    fc.integer({ min: 1, max: 1_800_000_000_000_000 }),
    fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 1_000_000_000 }))),
  )
  .map(([first, steps]) => {
    let last = first;
    return [first, ...steps.map((step) => (last += step))];
  });

/** Written without the class. */
function spansOf(list: readonly number[]): { readonly first: number; readonly spans: number[] } {
  const starts = list.flatMap((number, i) => (number === (list[i - 1] ?? -1) + 1 ? [] : [i]));
  const spans = starts.flatMap((start, k) => {
    const next = starts[k + 1];
    return next === undefined ? [list.length - start] : [next - start, (list[next] ?? 0) - (list[next - 1] ?? 0)];
  });
  return { first: list[0] ?? 0, spans };
}

test("[V5] spans give what the list has, however they came to be: added, or read in the form of now or of before", () => {
  fc.assert(
    fc.property(numbers, fc.nat(200), fc.nat(120), fc.integer({ min: -1, max: 1 }), (list, place, limit, off) => {
      const added = new SeqRanges();
      for (const number of list) added.add(number);
      const border = (list[place % list.length] ?? 0) + off;
      const above = list.filter((number) => number > border).slice(0, limit);
      const below = list.filter((number) => number < border).slice(limit === 0 ? list.length : -limit);
      const form = spansOf(list);
      for (const spans of [added, SeqRanges.read(JSON.stringify(list)), SeqRanges.read(JSON.stringify(form))]) {
        expect(spans.above(border, limit)).toEqual(above);
        expect(spans.below(border, limit)).toEqual(below);
        expect([spans.first, spans.size, spans.spans]).toEqual([list[0], list.length, (form.spans.length + 1) / 2]);
        expect(JSON.parse(spans.text)).toEqual(form);
        const next = (list.at(-1) ?? 0) + 1 + (place % 2);
        spans.add(next);
        expect(spans.above(0, Infinity)).toEqual([...list, next]);
      }
    }),
  );
});

test("where there is nothing, nothing is found", () => {
  for (const spans of [new SeqRanges(), SeqRanges.read("[]"), SeqRanges.read(new SeqRanges().text)]) {
    expect([spans.size, spans.spans, spans.first]).toEqual([0, 0, 0]);
    expect([spans.above(0, 9), spans.below(Infinity, 9)]).toEqual([[], []]);
    spans.add(7);
    expect(JSON.parse(spans.text)).toEqual({ first: 7, spans: [1] });
  }
});
