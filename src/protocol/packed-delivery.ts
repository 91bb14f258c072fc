// Packs deliveries: consecutive envelopes that differ only by number and body become one run. Older code does not read
// packed deliveries, so they are sent only to mailboxes that have announced support.
import type { Delivery, Envelope, PackedDelivery } from "./envelope.ts";

interface OpenRun {
  origin: number;
  readonly at: number;
  readonly bodies: string[];
  readonly re?: NonNullable<Envelope["re"]>;
}

/** The same delivery as runs. A message with a relation is a run by itself. */
export function pack({ envelopes, ...delivery }: Delivery): PackedDelivery {
  const runs: OpenRun[] = [];
  for (const { origin, at, body, re } of envelopes) {
    const run = runs.at(-1);
    if (re !== undefined) runs.push({ origin, at, bodies: [body], re });
    else if (run !== undefined && run.origin === origin - 1 && run.at === at && run.re === undefined) {
      run.origin = origin;
      run.bodies.push(body);
    } else runs.push({ origin, at, bodies: [body] });
  }
  return { ...delivery, runs };
}

/** The delivery as single envelopes, whether it was packed or not. */
export function unpack(said: Delivery | PackedDelivery): Delivery {
  if (!("runs" in said)) return said;
  const { runs, ...delivery } = said;
  const envelopes: Envelope[] = [];
  for (const { origin, at, bodies, re } of runs) {
    let next = origin - bodies.length;
    for (const body of bodies) envelopes.push({ origin: ++next, at, body, ...(re !== undefined && { re }) });
  }
  return { ...delivery, envelopes };
}
