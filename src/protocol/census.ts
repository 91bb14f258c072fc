// What a mailbox tells the census: its own absolute number, to the shard that its name falls on; and an isolate what it has counted, to
// any shard.
import type { CounterValues } from "./counters.ts";

/** Shards of the census. Each takes its share of connects and disconnects; a question asks all of them. */
export const CENSUS_SHARDS = 16;

/** Who is online on one shard, or on all. */
export interface Online {
  readonly users: number;
  readonly sockets: number;
}

/** What a shard answers. */
export interface CensusCalls {
  /** `user` has `sockets` sockets now. Returns the shard's count, with this one in it. */
  report(user: string, sockets: number): Promise<Online>;
  /** `user`'s database is about to be thrown away, or that is over. */
  erasing(user: string, isUnderWay: boolean): Promise<void>;
  /** Whether an erasure of `user` began and was not seen to end: nobody gets the name. */
  isErasing(user: string): Promise<boolean>;
  count(): Promise<Online>;
  /** `reporter` has counted so much in all. `figures`: Figures as JSON text. */
  counted(reporter: string, figures: string): Promise<void>;
  figures(): Promise<{ readonly online: Online; readonly figures: CounterValues }>;
  ping(): Promise<boolean>;
}

/** The shard of a canonical userName, 0 … SHARDS-1: FNV-1a over its UTF-16 units. */
export function shardOf(user: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < user.length; i++) hash = Math.imul(hash ^ user.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % CENSUS_SHARDS;
}
