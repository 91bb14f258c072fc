// Streams that take the place of their device's connection. Two clients with one device name, each of which comes back when it is replaced,
// would go on for ever: after some the newcomer is refused, and whoever is there stays.
import { TAKEOVERS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import type { Visit } from "../protocol/visit.ts";
import type { Box } from "./box.ts";

interface Left {
  readonly at: number;
  readonly tokens: number;
}

/** What is left for each device, as of a time. In memory: while a stream is open the mailbox does not sleep. */
const buckets = new WeakMap<Box, Map<string, Left>>();

/** Why a stream may not take the place of its device's connection now, or null: then it is counted. */
export function objectionToTakeover(box: Box, visit: Visit): Refusal | null {
  if (visit.dialect !== V1 || visit.stream !== true) return null;
  const { device } = visit.place;
  if (box.sockets.ofDevice(device) === undefined) return null;
  const now = Date.now();
  const ofBox = buckets.get(box) ?? new Map<string, Left>();
  buckets.set(box, ofBox);
  const filled = filledAt(now, ofBox.get(device));
  // Whoever keeps asking is let in no sooner.
  ofBox.set(device, { at: now, tokens: filled < 1 ? 0 : filled - 1 });
  for (const [other, left] of ofBox) if (filledAt(now, left) >= TAKEOVERS.BURST) ofBox.delete(other);
  if (filled >= 1) return null;
  const why = refusal("rate_limited", "this device has a connection; another client needs a device name of its own");
  return { ...why, retryAfter: TAKEOVERS.REFILL_MS };
}

function filledAt(now: number, left: Left | undefined): number {
  if (left === undefined) return TAKEOVERS.BURST;
  return Math.min(TAKEOVERS.BURST, left.tokens + Math.max(0, now - left.at) / TAKEOVERS.REFILL_MS);
}
