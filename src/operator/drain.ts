// Closes all sockets before the server stops: an entry point of the Worker that only a self-hosted server's front calls.
// On Cloudflare nothing is bound to it.
import { WorkerEntrypoint } from "cloudflare:workers";
import { CENSUS_SHARDS } from "../protocol/census.ts";
import { withJurisdiction } from "../protocol/jurisdiction.ts";

/** Mailboxes that are called at once, in each shard. Answers: all mailboxes in memory at once. */
const CONCURRENCY = 8;
/** Names that a shard returns at once. */
const PAGE = 1_000;

export class Drain extends WorkerEntrypoint<Env> {
  /**
   * Closes the sockets of every user whom the census counts, with `restarting` and a time to come back. Resolves with
   * their number, when what the mailboxes have written is durable.
   */
  async closeSockets(): Promise<number> {
    const env = withJurisdiction(this.env);
    const shards = Array.from({ length: CENSUS_SHARDS }, (_, shard) => drainShard(env, String(shard)));
    let sockets = 0;
    for (const closed of await Promise.all(shards)) sockets += closed;
    return sockets;
  }
}

async function drainShard(env: Env, shard: string): Promise<number> {
  let sockets = 0;
  for (let after = ""; ;) {
    const users = await env.CENSUS.getByName(shard).usersOnline(after, PAGE);
    for (let i = 0; i < users.length; i += CONCURRENCY) {
      const closed = await Promise.all(users.slice(i, i + CONCURRENCY).map((user) => drainUser(env, user)));
      for (const number of closed) sockets += number;
    }
    if (users.length < PAGE) return sockets;
    after = users.at(-1) ?? "";
  }
}

/** A mailbox that fails delays no other: its clients notice the end of the server. */
async function drainUser(env: Env, user: string): Promise<number> {
  try {
    const answer = await env.MAILBOX.getByName(user).operate(user, { is: "drain" });
    return "value" in answer ? (answer.value as number) : 0;
  } catch {
    return 0;
  }
}
