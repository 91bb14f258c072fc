// SeqRanges answers like a plain list of the numbers, in both forms that a row may have.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeqRanges } from "../../src/durable/log/seq-ranges.ts";

/** Ascending numbers, often consecutive, as large as seqs of today. */
const numbers = fc
  .tuple(
    fc.integer({ min: 1, max: 1_800_000_000_000_000 }),
    fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 1_000_000_000 }))),
  )
  .map(([first, steps]) => {
    let last = first;
    return [first, ...steps.map((step) => (last += step))];
  });

/** The form in a row, computed without the class. */
function formOf(list: readonly number[]): { readonly first: number; readonly spans: number[] } {
  const starts = list.flatMap((number, i) => (number === (list[i - 1] ?? -1) + 1 ? [] : [i]));
  const spans = starts.flatMap((start, k) => {
    const next = starts[k + 1];
    return next === undefined ? [list.length - start] : [next - start, (list[next] ?? 0) - (list[next - 1] ?? 0)];
  });
  return { first: list[0] ?? 0, spans };
}

test("[V5] ranges give the numbers of the list, whether they were added or parsed from the new or the old form", () => {
  fc.assert(
    fc.property(numbers, fc.nat(200), fc.nat(120), fc.integer({ min: -1, max: 1 }), (list, place, limit, off) => {
      const added = new SeqRanges();
      for (const number of list) added.add(number);
      const border = (list[place % list.length] ?? 0) + off;
      const above = list.filter((number) => number > border).slice(0, limit);
      const below = list.filter((number) => number < border).slice(limit === 0 ? list.length : -limit);
      const form = formOf(list);
      for (const ranges of [added, SeqRanges.parse(JSON.stringify(list)), SeqRanges.parse(JSON.stringify(form))]) {
        expect(ranges.above(border, limit)).toEqual(above);
        expect(ranges.below(border, limit)).toEqual(below);
        expect([ranges.first, ranges.size, ranges.ranges]).toEqual([list[0], list.length, (form.spans.length + 1) / 2]);
        expect(JSON.parse(ranges.text)).toEqual(form);
        const next = (list.at(-1) ?? 0) + 1 + (place % 2);
        ranges.add(next);
        expect(ranges.above(0, Infinity)).toEqual([...list, next]);
      }
    }),
  );
});

test("in empty ranges nothing is found", () => {
  for (const ranges of [new SeqRanges(), SeqRanges.parse("[]"), SeqRanges.parse(new SeqRanges().text)]) {
    expect([ranges.size, ranges.ranges, ranges.first]).toEqual([0, 0, 0]);
    expect([ranges.above(0, 9), ranges.below(Infinity, 9)]).toEqual([[], []]);
    ranges.add(7);
    expect(JSON.parse(ranges.text)).toEqual({ first: 7, spans: [1] });
  }
});
