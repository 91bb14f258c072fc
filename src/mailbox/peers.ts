// The other objects: mailboxes by name, and the census. The only file that calls them.
import { type Online, shardOf } from "../protocol/census.ts";
import type { Delivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { pack } from "../protocol/packed.ts";
import { inTime } from "../protocol/time.ts";

/** A call without an answer for so long is given up. Should it land later, the receiver's numbers deal with it. */
const CALL_MS = 30_000;

/** Receivers whose stubs are kept, of some 32 KiB each in the books of the runtime. Answers: a mailbox that writes to many while awake. */
const KEPT = 32;

type Stub = ReturnType<Env["MAILBOX"]["getByName"]>;

/** A receiver that has answered: how to reach it, and whether it is known to read runs. */
interface Receiver {
  readonly stub: Stub;
  readonly inRuns: boolean;
}

/**
 * Calls by name. To deliver, a stub is used again until it throws, for then it may be broken for good: each new one is memory that
 * only a collection of all garbage gives back. Everything else is rare, and has a new one each time.
 */
export class Peers {
  readonly #env: Env;
  /** By name, the one that answered last at the end. */
  readonly #receivers = new Map<string, Receiver>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Hands a delivery to its receiver. How long that may take is the lane's business. */
  async deliver(delivery: Delivery): Promise<Reply> {
    const known = this.#receivers.get(delivery.to);
    this.#receivers.delete(delivery.to);
    if (known !== undefined) {
      try {
        return await this.#hand(delivery, known);
      } catch (error) {
        // Its object may only have been somewhere else before. It says so itself where asking again would make it worse.
        if ((error as { readonly overloaded?: boolean }).overloaded === true) throw error;
      }
    }
    // After a failure it may be older code that answers next.
    return this.#hand(delivery, { stub: this.#env.MAILBOX.getByName(delivery.to), inRuns: false });
  }

  async #hand(delivery: Delivery, { stub, inRuns }: Receiver): Promise<Reply> {
    const reply = await stub.deliver(inRuns ? pack(delivery) : delivery);
    this.#receivers.set(delivery.to, { stub, inRuns: reply.runs === true });
    const [oldest = ""] = this.#receivers.keys();
    if (this.#receivers.size > KEPT) this.#receivers.delete(oldest);
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
