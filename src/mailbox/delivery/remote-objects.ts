// The other objects: mailboxes by name, and the census. The only file that calls them.
import type { CensusReach } from "../../metrics/report-counters.ts";
import { type Online, shardOf } from "../../protocol/census.ts";
import type { Delivery, Presence, Reply, Signal } from "../../protocol/envelope.ts";
import { reasonOf } from "../../protocol/log-events.ts";
import { pack } from "../../protocol/packed-delivery.ts";
import { withTimeout } from "../../protocol/timeout.ts";
import { type CallBudget, isOverBudget, NoCallLeft } from "../../durable/call-budget.ts";

/** A call without an answer for so long is given up. Should it land later, the receiver's numbers deal with it. */
const CALL_MS = 30_000;

/** Receivers whose stubs are kept, of some 32 KiB each in the books of the runtime. Answers: a mailbox that writes to many while awake. */
const KEPT = 32;

type Stub = ReturnType<Env["MAILBOX"]["getByName"]>;
type Shard = ReturnType<Env["CENSUS"]["getByName"]>;

/** A receiver that has answered: how to reach it, from how deep it was first reached so, and whether it is known to read runs. */
interface Receiver {
  readonly stub: Stub;
  readonly depth: number;
  readonly inRuns: boolean;
}

/**
 * Calls by name. To deliver, a stub is used again until it throws, for then it may be broken for good: each new one is memory that
 * only a collection of all garbage gives back. But a stub keeps the depth of its first call (`getOrCreateActorChannel` in workerd's
 * actor.c++, read 2026-11), so a shallower event makes another one. Everything else is rare, and has a new one each time.
 */
export class RemoteObjects {
  readonly #env: Env;
  readonly #budget: CallBudget;
  /** By name, the one that answered last at the end. */
  readonly #receivers = new Map<string, Receiver>();

  constructor(env: Env, budget: CallBudget) {
    this.#env = env;
    this.#budget = budget;
  }

  /** The two doors: whatever an object calls, it reaches through one of them. */
  mailbox(name: string): Stub {
    return this.#env.MAILBOX.getByName(name);
  }

  shard(name: string): Shard {
    return this.#env.CENSUS.getByName(name);
  }

  /** For reports of what was counted. */
  get reach(): CensusReach {
    const dataset = (this.#env as { readonly ANALYTICS?: CensusReach["ANALYTICS"] }).ANALYTICS;
    return { CENSUS: { getByName: (name) => this.#spent(this.shard(name)) }, ...(dataset && { ANALYTICS: dataset }) };
  }

  /** Hands a delivery to its receiver. How long that may take is the lane's business. */
  async deliver(delivery: Delivery): Promise<Reply> {
    const known = this.#receivers.get(delivery.to);
    this.#receivers.delete(delivery.to);
    if (known !== undefined) {
      const { depth, inRuns } = known;
      try {
        return await this.#hand(delivery, depth <= this.#budget.depth ? known : this.#fresh(delivery.to, inRuns));
      } catch (error) {
        // Its object may only have been somewhere else before. It says so itself where asking again would make it worse.
        if ((error as { readonly overloaded?: boolean }).overloaded === true || isOverBudget(error)) throw error;
        if (!this.#budget.take()) throw new NoCallLeft(reasonOf(error));
      }
    }
    // After a failure it may be older code that answers next.
    return this.#hand(delivery, this.#fresh(delivery.to, false));
  }

  #fresh(name: string, inRuns: boolean): Receiver {
    return { stub: this.mailbox(name), depth: this.#budget.depth, inRuns };
  }

  async #hand(delivery: Delivery, { stub, depth, inRuns }: Receiver): Promise<Reply> {
    delivery.hops = this.#budget.depth;
    const reply = await stub.deliver(inRuns ? pack(delivery) : delivery);
    this.#receivers.set(delivery.to, { stub, depth, inRuns: reply.runs === true });
    const [oldest = ""] = this.#receivers.keys();
    if (this.#receivers.size > KEPT) this.#receivers.delete(oldest);
    return reply;
  }

  /** Tells the census how many sockets the user has. */
  report(user: string, sockets: number): Promise<Online> {
    return withTimeout(this.#spent(this.shard(String(shardOf(user)))).report(user, sockets), CALL_MS);
  }

  /** Has the census remember that the user's database is being thrown away, or forget it. */
  erasing(user: string, isUnderWay: boolean): Promise<void> {
    return withTimeout(this.#spent(this.shard(String(shardOf(user)))).erasing(user, isUnderWay), CALL_MS);
  }

  /** Whether the user's database was being thrown away when something ended. */
  isErasing(user: string): Promise<boolean> {
    return withTimeout(this.#spent(this.shard(String(shardOf(user)))).isErasing(user), CALL_MS);
  }

  signal(signal: Signal): Promise<void> {
    return withTimeout(this.mailbox(signal.to).signal({ ...signal, hops: this.#budget.depth }), CALL_MS);
  }

  /** Whether `name` is online, as far as that is `asker`'s business; null where it is not. */
  presence(name: string, asker: string): Promise<Presence | null> {
    return withTimeout(this.mailbox(name).presence(name, asker, this.#budget.depth), CALL_MS);
  }

  /** A report leaves whatever the budget says: a shard of the census calls nobody on its account, so no chain goes on behind it. */
  #spent(shard: Shard): Shard {
    this.#budget.spend();
    return shard;
  }
}
