// The other objects: mailboxes by name, and the census. The only file that calls them.
import type { Online } from "../protocol/census.ts";
import { shardOf } from "../protocol/census.ts";
import type { Delivery, Reply } from "../protocol/envelope.ts";

/** A call without an answer for so long is given up. Should it land later, the receiver's numbers deal with it. */
const CALL_MS = 30_000;

/** Hands a delivery to its receiver. A new stub each time: one that threw is broken for good. */
export function callDeliver(env: Env, delivery: Delivery): Promise<Reply> {
  return inTime(env.MAILBOX.getByName(delivery.to).deliver(delivery));
}

/** Tells the census how many sockets the user has. */
export function callReport(env: Env, user: string, sockets: number): Promise<Online> {
  return inTime(env.CENSUS.getByName(String(shardOf(user))).report(user, sockets));
}

async function inTime<T>(call: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CALL_MS} ms`)), CALL_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
