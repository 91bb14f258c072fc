// Counts users and sockets online: queries every shard at once and adds up.
import { type OnlineCount, CENSUS_SHARDS } from "../protocol/census.ts";

/** Users and sockets over all shards. */
export async function countOnline(env: Env): Promise<OnlineCount> {
  const shards = Array.from({ length: CENSUS_SHARDS }, (_, shard) => {
    return env.CENSUS.getByName(String(shard)).count();
  });
  let users = 0;
  let sockets = 0;
  for (const online of await Promise.all(shards)) {
    users += online.users;
    sockets += online.sockets;
  }
  return { users, sockets };
}
