// Limits of Cloudflare that the local runtime does not enforce, set up before each test file inside the runtime: chains
// of more than 15 calls, and more than 50 calls of one event (the free plan's limit). It counts independently of the
// product: an event's depth travels beside `hops`, as `trueDepth`, and a stub is at least as deep as its first call.
// See docs/ARCHITECTURE.md, "Calls that lead to calls".
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { RemoteObjects } from "../../src/mailbox/delivery/remote-objects.ts";

export const PLATFORM_LIMITS = { depth: 15, calls: 50 };

/** Since `forget`: the longest chain of calls, the most calls of one event, and the number of refused calls. */
export const observed = { depth: 0, calls: 0, refused: 0 };

export function resetObserved(): void {
  Object.assign(observed, { depth: 0, calls: 0, refused: 0 });
}

/** The newest event of an object: its depth in the chain, and the number of its calls. */
interface Event {
  readonly depth: number;
  calls: number;
}

type Method = (this: object, ...args: unknown[]) => unknown;

const newest = new Map<string, Event>();
const users = new WeakMap<object, string>();

/** The number of calls that lead to an event of this kind. */
function depthOf(method: string, args: readonly unknown[]): number {
  const trueDepth = (args[0] as { readonly trueDepth?: number } | undefined)?.trueDepth;
  switch (method) {
    case "alarm":
    case "webSocketMessage":
    case "webSocketClose":
    case "webSocketError":
      return 0;
    case "deliver":
    case "signal":
      return (trueDepth ?? 0) + 1;
    case "presence":
      return ((args[3] as number | undefined) ?? 0) + 1;
    case "countSockets":
      return 2;
    default:
      return 1;
  }
}

function watchEvents(): void {
  const methods = Mailbox.prototype as unknown as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(methods)) {
    const method = methods[name];
    if (name === "constructor" || method === undefined) continue;
    methods[name] = function (this: object, ...args: unknown[]) {
      const { ctx } = this as { readonly ctx: DurableObjectState };
      newest.set(ctx.id.name ?? "", { depth: depthOf(name, args), calls: 0 });
      return method.apply(this, args);
    };
  }
}

/**
 * Counts one call of `user`; returns its depth, or throws the platform's error. `first`: the depth of the stub's first
 * call.
 */
function countCall(user: string, first: number): number {
  const event = newest.get(user) ?? { depth: 0, calls: 0 };
  const depth = Math.max(first, event.depth);
  observed.depth = Math.max(observed.depth, depth + 1);
  observed.calls = Math.max(observed.calls, ++event.calls);
  if (depth + 1 > PLATFORM_LIMITS.depth) {
    observed.refused++;
    throw new Error("Subrequest depth limit exceeded. This request recursed through Workers too many times.");
  }
  if (event.calls > PLATFORM_LIMITS.calls) {
    observed.refused++;
    throw new Error("Too many subrequests by single Worker invocation.");
  }
  return depth;
}

interface Stub {
  deliver(delivery: { readonly from: string }): Promise<unknown>;
  signal(signal: { readonly from: string }): Promise<unknown>;
  presence(name: string, asker: string, hops: number, trueDepth?: number): Promise<unknown>;
  report(user: string, sockets: number): Promise<unknown>;
  counted(reporter: string, figures: string): Promise<unknown>;
  erasing(user: string, isUnderWay: boolean): Promise<unknown>;
  isErasing(user: string): Promise<unknown>;
}

/** Adds the depth to a call's argument: the other side ignores unknown fields. */
function withDepth<T extends object>(argument: T, trueDepth: number): T {
  return Object.assign({ ...argument }, { trueDepth });
}

/** A stub that refuses the calls that the platform would refuse. */
function limited(peers: object, stub: Stub): Stub {
  let first = -1;
  const count = (user: string) => {
    users.set(peers, user);
    const depth = countCall(user, first);
    if (first < 0) first = depth;
    return depth;
  };
  return {
    deliver: async (delivery) => stub.deliver(withDepth(delivery, count(delivery.from))),
    signal: async (signal) => stub.signal(withDepth(signal, count(signal.from))),
    presence: async (name, asker, hops) => stub.presence(name, asker, hops, count(asker)),
    report: async (user, sockets) => (count(user), stub.report(user, sockets)),
    erasing: async (user, isUnderWay) => (count(user), stub.erasing(user, isUnderWay)),
    isErasing: async (user) => (count(user), stub.isErasing(user)),
    counted: async (reporter, figures) => (count(users.get(peers) ?? ""), stub.counted(reporter, figures)),
  };
}

function limitCalls(method: "mailbox" | "shard"): void {
  const open = RemoteObjects.prototype[method] as unknown as (this: RemoteObjects, name: string) => Stub;
  Object.assign(RemoteObjects.prototype, {
    [method](this: RemoteObjects, name: string) {
      return limited(this, open.call(this, name));
    },
  });
}

watchEvents();
limitCalls("mailbox");
limitCalls("shard");
