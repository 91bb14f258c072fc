// The limit for streams that replace the connection of their device. Beyond it the newcomer is refused, and the open
// connection stays. Answers: two clients with one device name, each of which connects again when it is replaced,
// without end.
import { TokenBucket } from "../../protocol/token-bucket.ts";
import { TAKEOVERS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { V1 } from "../../protocol/version.ts";
import type { ConnectionRequest } from "../../protocol/connection-request.ts";
import type { MailboxContext } from "../instance/context.ts";

/** Why a stream may not take the place of its device's connection now, or null: then it is counted. */
export function checkTakeover(context: MailboxContext, visit: ConnectionRequest): Refusal | null {
  if (visit.dialect !== V1 || visit.stream !== true) return null;
  const { device } = visit.place;
  if (context.sockets.ofDevice(device) === undefined) return null;
  // In memory: while a stream is open the mailbox does not sleep.
  const { takeovers } = context;
  for (const [other, bucket] of takeovers) if (bucket.isFull) takeovers.delete(other);
  const own = takeovers.get(device) ?? new TokenBucket(TAKEOVERS.BURST, 1_000 / TAKEOVERS.REFILL_MS);
  takeovers.set(device, own);
  if (own.take() === 0) return null;
  // A client that keeps asking is let in no sooner.
  own.empty();
  const why = refusal("rate_limited", "this device has a connection; another client needs a device name of its own");
  return { ...why, retryAfter: TAKEOVERS.REFILL_MS };
}
