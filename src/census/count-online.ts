// Counts users and sockets online. Shard 0 asks the others, so that one answer serves the Workers everywhere.
import { type OnlineCount, CENSUS_SHARDS, sumOfCounts } from "../protocol/census.ts";

/** Users and sockets over all shards. `isCached`: whether the sum may be half a minute old. */
export async function countOnline(env: Env, isCached: boolean): Promise<OnlineCount> {
  try {
    return await env.CENSUS.getByName("0").countAll(isCached);
  } catch {
    // During a deploy the shard may run code of before, which does not add up.
    return sumOfCounts(await Promise.all(Array.from({ length: CENSUS_SHARDS }, (_, shard) => countShard(env, shard))));
  }
}

function countShard(env: Env, shard: number): Promise<OnlineCount> {
  return env.CENSUS.getByName(String(shard)).count();
}
