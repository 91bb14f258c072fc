// The other objects: mailboxes by name, and the census. This is the only file that calls them.
import type { CensusReach } from "../../metrics/report-counters.ts";
import { type OnlineCount, shardOf } from "../../protocol/census.ts";
import { counters } from "../../protocol/counters.ts";
import type { Delivery, Presence, Reply, Signal } from "../../protocol/envelope.ts";
import { reasonOf } from "../../protocol/log-events.ts";
import { pack } from "../../protocol/packed-delivery.ts";
import { withTimeout } from "../../protocol/timeout.ts";
import { type CallBudget, isOverBudget, NoCallLeft } from "../../durable/call-budget.ts";

/** A call without a reply after this time is given up. For deliveries, call-timeout.ts says how long. */
const CALL_TIMEOUT_MS = 30_000;

/**
 * Receivers whose stubs are cached, each of some 32 KiB in the runtime's accounts. Answers: a mailbox that writes to
 * many while awake.
 */
const MAX_CACHED_RECEIVERS = 32;

type Stub = ReturnType<Env["MAILBOX"]["getByName"]>;
type Shard = ReturnType<Env["CENSUS"]["getByName"]>;

/** A receiver that has replied. */
interface Receiver {
  readonly stub: Stub;
  /** How many calls led to the first call on this stub. */
  readonly depth: number;
  /** Whether it has said that it reads runs. */
  readonly inRuns: boolean;
}

/**
 * Calls by name. A delivery uses its receiver's stub again until that throws, for then the stub may be broken for good:
 * each new stub is memory that only a full garbage collection frees. But a stub keeps the depth of its first call
 * (`getOrCreateActorChannel` in workerd's actor.c++, read 2026-11), so a shallower event makes another one. All other
 * calls are rare, and make a new stub each time.
 */
export class RemoteObjects {
  readonly #env: Env;
  readonly #budget: CallBudget;
  /** By name; the receiver that replied last is at the end. */
  readonly #receivers = new Map<string, Receiver>();

  constructor(env: Env, budget: CallBudget) {
    this.#env = env;
    this.#budget = budget;
  }

  /** Every call of an object goes through `mailbox` or `shard`. */
  mailbox(name: string): Stub {
    return this.#env.MAILBOX.getByName(name);
  }

  shard(name: string): Shard {
    return this.#env.CENSUS.getByName(name);
  }

  /** For reports of counters. */
  get reach(): CensusReach {
    const dataset = (this.#env as { readonly ANALYTICS?: CensusReach["ANALYTICS"] }).ANALYTICS;
    return { CENSUS: { getByName: (name) => this.#spend(this.shard(name)) }, ...(dataset && { ANALYTICS: dataset }) };
  }

  /** Delivers to a receiver. The caller decides how long that may take. */
  async deliver(delivery: Delivery): Promise<Reply> {
    const cached = this.#receivers.get(delivery.to);
    this.#receivers.delete(delivery.to);
    if (cached !== undefined) {
      const { depth, inRuns } = cached;
      try {
        return await this.#call(delivery, depth <= this.#budget.depth ? cached : this.#connect(delivery.to, inRuns));
      } catch (error) {
        // Its object may have moved: then a new stub reaches it. An overloaded object says so, and a second call would
        // make it worse.
        if ((error as { readonly overloaded?: boolean }).overloaded === true || isOverBudget(error)) throw error;
        if (!this.#budget.take()) throw new NoCallLeft(reasonOf(error));
      }
    }
    // After a failure, older code may reply, which reads no runs.
    return this.#call(delivery, this.#connect(delivery.to, false));
  }

  #connect(name: string, inRuns: boolean): Receiver {
    return { stub: this.mailbox(name), depth: this.#budget.depth, inRuns };
  }

  async #call(delivery: Delivery, { stub, depth, inRuns }: Receiver): Promise<Reply> {
    delivery.hops = this.#budget.depth;
    counters.calls++;
    const reply = await stub.deliver(inRuns ? pack(delivery) : delivery);
    this.#receivers.set(delivery.to, { stub, depth, inRuns: reply.runs === true });
    const [oldest = ""] = this.#receivers.keys();
    if (this.#receivers.size > MAX_CACHED_RECEIVERS) this.#receivers.delete(oldest);
    return reply;
  }

  /** Reports to the census how many sockets the user has. */
  report(user: string, sockets: number): Promise<OnlineCount> {
    return withTimeout(this.#spend(this.#shardOf(user)).report(user, sockets), CALL_TIMEOUT_MS);
  }

  /** Has the census remember, or forget, that the user's database is being deleted. */
  erasing(user: string, isUnderWay: boolean): Promise<void> {
    return withTimeout(this.#spend(this.#shardOf(user)).erasing(user, isUnderWay), CALL_TIMEOUT_MS);
  }

  /** Whether a deletion of the user's database was interrupted. */
  isErasing(user: string): Promise<boolean> {
    return withTimeout(this.#spend(this.#shardOf(user)).isErasing(user), CALL_TIMEOUT_MS);
  }

  signal(signal: Signal): Promise<void> {
    counters.calls++;
    return withTimeout(this.mailbox(signal.to).signal({ ...signal, hops: this.#budget.depth }), CALL_TIMEOUT_MS);
  }

  /** Whether `name` is online; null where `asker` may not know. */
  presence(name: string, asker: string): Promise<Presence | null> {
    counters.calls++;
    return withTimeout(this.mailbox(name).presence(name, asker, this.#budget.depth), CALL_TIMEOUT_MS);
  }

  #shardOf(user: string): Shard {
    return this.shard(String(shardOf(user)));
  }

  /**
   * Counts a call to the census, which leaves even if the budget is used up: a shard calls nobody on its account, so
   * the chain ends there.
   */
  #spend(shard: Shard): Shard {
    this.#budget.spend();
    return shard;
  }
}
