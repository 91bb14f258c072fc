// The limit for streams that replace the connection of their device. Two clients with one device name, each of which
// connects again when it is replaced, would continue for ever: beyond the limit the newcomer is refused, and the open
// connection stays.
import { Bucket } from "../../protocol/token-bucket.ts";
import { TAKEOVERS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1 } from "../../protocol/version.ts";
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import type { MailboxContext } from "../context.ts";

/** By device. In memory: while a stream is open the mailbox does not hibernate. */
const buckets = new WeakMap<MailboxContext, Map<string, Bucket>>();

/** Why a stream may not replace the connection of its device now, or null: then it is counted. */
export function checkTakeover(context: MailboxContext, request: ConnectionRequest): Refusal | null {
  if (request.dialect !== V1 || request.stream !== true) return null;
  const { device } = request.place;
  if (context.sockets.ofDevice(device) === undefined) return null;
  const ofMailbox = buckets.get(context) ?? new Map<string, Bucket>();
  buckets.set(context, ofMailbox);
  for (const [other, bucket] of ofMailbox) if (bucket.isFull) ofMailbox.delete(other);
  const own = ofMailbox.get(device) ?? new Bucket(TAKEOVERS.BURST, 1_000 / TAKEOVERS.REFILL_MS);
  ofMailbox.set(device, own);
  if (own.take() === 0) return null;
  // A client that keeps asking is let in no sooner.
  own.empty();
  const why = refusal("rate_limited", "this device has a connection; another client needs a device name of its own");
  return { ...why, retryAfter: TAKEOVERS.REFILL_MS };
}
