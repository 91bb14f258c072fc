// Packing deliveries into runs, and unpacking them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { pack, unpack } from "../../src/protocol/packed-delivery.ts";

const step = fc.record({
  gap: fc.constantFrom(1, 1, 1, 2, 50),
  at: fc.constantFrom(7, 7, 7, 8),
  body: fc.json(),
  re: fc.constantFrom(undefined, undefined, undefined, { is: "edit", of: "author", origin: 7 } as const),
});

test("[M11] unpacking restores the packed delivery, and packing makes the fewest possible runs", () => {
  fc.assert(
    fc.property(fc.array(step), fc.boolean(), fc.option(fc.nat(14)), (steps, service, hops) => {
      let origin = 1_000;
      const envelopes = steps.map(({ gap, at, body, re }) => ({
        origin: (origin += gap),
        at,
        body,
        ...(re !== undefined && { re }),
      }));
      const about = { version: 1, from: "ann", epoch: "a", to: "bob", toEpoch: null, after: 3, delivered: 9 };
      const delivery = {
        ...about,
        ...(service && { service: true as const }),
        ...(hops !== null && { hops }),
        envelopes,
      };
      const packed = pack(delivery);
      expect(unpack(packed)).toEqual(delivery);
      expect(unpack(delivery)).toEqual(delivery);
      const breaks = envelopes.filter(({ origin: number, at, re }, i) => {
        const before = envelopes[i - 1];
        return before?.origin !== number - 1 || before.at !== at || re !== undefined || before.re !== undefined;
      });
      expect(packed.runs.length).toBe(breaks.length);
    }),
  );
});
