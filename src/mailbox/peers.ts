// The other objects: mailboxes by name, and the census. The only file that calls them.
import { type Online, shardOf } from "../protocol/census.ts";
import type { Delivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { pack } from "../protocol/packed.ts";
import { inTime } from "../protocol/time.ts";

/** A call without an answer for so long is given up. Should it land later, the receiver's numbers deal with it. */
const CALL_MS = 30_000;

/** Names of mailboxes that are known to read runs. Answers: somebody who writes to many. */
const KNOWN = 1_000;

/** Calls by name. A new stub each time: one that threw is broken for good. */
export class Peers {
  readonly #env: Env;
  readonly #inRuns = new Set<string>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Hands a delivery to its receiver. How long that may take is the lane's business. */
  async deliver(delivery: Delivery): Promise<Reply> {
    const { to } = delivery;
    // After a failure it may be older code that answers next.
    const inRuns = this.#inRuns.delete(to);
    const reply = await this.#env.MAILBOX.getByName(to).deliver(inRuns ? pack(delivery) : delivery);
    if (reply.runs === true) this.#inRuns.add(to);
    const [oldest = ""] = this.#inRuns;
    if (this.#inRuns.size > KNOWN) this.#inRuns.delete(oldest);
    return reply;
  }

  /** Tells the census how many sockets the user has. */
  report(user: string, sockets: number): Promise<Online> {
    return inTime(this.#env.CENSUS.getByName(String(shardOf(user))).report(user, sockets), CALL_MS);
  }

  signal(signal: Signal): Promise<void> {
    return inTime(this.#env.MAILBOX.getByName(signal.to).signal(signal), CALL_MS);
  }

  /** Whether `name` is online, as far as that is `asker`'s business; null where it is not. */
  presence(name: string, asker: string): Promise<Presence | null> {
    return inTime(this.#env.MAILBOX.getByName(name).presence(name, asker), CALL_MS);
  }
}
