// The shards that were started in this isolate, by their ids. The first start of a shard may follow a crash: its rows
// may name users who are gone. Bounded: there are 16 shards.

export const startedShards = new Set<string>();
