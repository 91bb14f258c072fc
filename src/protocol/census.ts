// Calls to the census. A mailbox reports its number of sockets to the shard of its name; an isolate reports its
// counters to any shard. All reported numbers are absolute.
import type { CounterValues } from "./counters.ts";

/** Shards of the census. Each gets a share of connects and disconnects; a query asks all of them. */
export const CENSUS_SHARDS = 16;

/** Numbers of users and sockets online, in one shard or in all. */
export interface OnlineCount {
  readonly users: number;
  readonly sockets: number;
}

/** The RPC methods of a shard. */
export interface CensusCalls {
  /** `user` has `sockets` sockets now. Returns the shard's new count. */
  report(user: string, sockets: number): Promise<OnlineCount>;
  /** The erasure of `user`'s database starts, or has ended. */
  erasing(user: string, isUnderWay: boolean): Promise<void>;
  /** Whether an erasure of `user` started and has not ended: until then the name can't be claimed. */
  isErasing(user: string): Promise<boolean>;
  count(): Promise<OnlineCount>;
  /** The sum over all shards, for shard 0. */
  countAll(isCached: boolean): Promise<OnlineCount>;
  /** Up to `limit` users with sockets whose names come after `after`, in the order of names. */
  usersOnline(after: string, limit: number): Promise<string[]>;
  /** The counters of `reporter` since it started. `figures`: CounterValues as JSON text. */
  counted(reporter: string, figures: string): Promise<void>;
  figures(): Promise<{ readonly online: OnlineCount; readonly figures: CounterValues }>;
  ping(): Promise<boolean>;
}

export function sumOfCounts(counts: readonly OnlineCount[]): OnlineCount {
  const sum = { users: 0, sockets: 0 };
  for (const { users, sockets } of counts) {
    sum.users += users;
    sum.sockets += sockets;
  }
  return sum;
}

/** The shard of a canonical userName, 0 … SHARDS-1: FNV-1a over its UTF-16 units. */
export function shardOf(user: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < user.length; i++) hash = Math.imul(hash ^ user.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % CENSUS_SHARDS;
}
