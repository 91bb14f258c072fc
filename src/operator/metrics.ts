// The numbers online and all counters, over all shards of the census. No mailbox is called, except by a shard that was
// started anew.
import { counterReport } from "../metrics/report-counters.ts";
import { type OnlineCount, CENSUS_SHARDS, sumOfCounts } from "../protocol/census.ts";
import { type CounterValues, sumOf } from "../protocol/counters.ts";
import { withTimeout } from "../protocol/timeout.ts";

/** The timeout of a shard, ms. Without its response the request fails, because a sum without it would decrease. */
const SHARD_TIMEOUT_MS = 10_000;

export interface Metrics {
  readonly online: OnlineCount;
  readonly figures: CounterValues;
  readonly shards: readonly (OnlineCount & { readonly shard: number })[];
}

/** The counters of the whole deployment, after this isolate has reported its own. */
export async function readMetrics(env: Env): Promise<Metrics> {
  await counterReport.reportNow(env);
  const shards = Array.from({ length: CENSUS_SHARDS }, (_, shard) => {
    return withTimeout(env.CENSUS.getByName(String(shard)).figures(), SHARD_TIMEOUT_MS);
  });
  const figuresByShard = await Promise.all(shards);
  const online = sumOfCounts(figuresByShard.map((shard) => shard.online));
  const shares = figuresByShard.map((one, shard) => ({ shard, ...one.online }));
  return { online, figures: sumOf(figuresByShard.map(({ figures }) => figures)), shards: shares };
}
