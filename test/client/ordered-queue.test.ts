// The queue holds the same items as a map, after any calls of set and take.
import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedQueue } from "../../src/client/ordered-queue.ts";

const key = fc.integer({ min: 0, max: 20 }).map((n) => String.fromCharCode(97 + n));
const step = fc.oneof(
  fc.record({ does: fc.constant("set" as const), key, value: fc.nat() }),
  fc.record({ does: fc.constantFrom("get" as const, "take" as const), key }),
  fc.record({ does: fc.constant("find" as const), value: fc.nat(20) }),
);
const hasValue = (item: { readonly value: number }, value: number) => item.value === value;

test("a queue finds, replaces and takes the same items as a map, in the same order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new OrderedQueue<{ readonly key: string; readonly value: number }>();
      const map = new Map<string, { readonly key: string; readonly value: number }>();
      for (const one of steps) {
        if (one.does === "set") {
          const item = { key: one.key, value: one.value };
          queue.set(item);
          map.set(one.key, item);
        } else if (one.does === "find") {
          const found = queue.find(hasValue, one.value);
          expect(found === undefined).toBe(![...map.values()].some(({ value }) => value === one.value));
          if (found !== undefined) expect([map.get(found.key), found.value]).toEqual([found, one.value]);
        } else {
          expect(one.does === "get" ? queue.get(one.key) : queue.take(one.key)).toBe(map.get(one.key));
          if (one.does === "take") map.delete(one.key);
        }
        expect(queue.values()).toEqual([...map.values()]);
      }
    }),
  );
});
