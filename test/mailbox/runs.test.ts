// Rows of the log are written in runs: whatever follows whatever, what is on disk is what was appended, row by row.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import type { Entry, Kind } from "../../src/mailbox/log/schema.ts";
import { Random } from "../chaos/random.ts";
import { fresh } from "../support/devices.ts";

const BODIES = ['"hi"', "null", '"\\u0000"', '"\\ud800 alone"', '{"a":["\\"",1.50e3]}', '"你好 🚀"', "[]"];

/** Appends so many entries, mostly such as follow each other; now and then a group ends, or something is asked of the table. */
function append(log: Log, random: Random, count: number): Entry[] {
  const made: Entry[] = [];
  let [kind, peer, number, at]: [Kind, string, number, number] = [
    "in",
    "bob",
    1_764_000_000_000_001,
    1_764_000_000_000,
  ];
  for (let n = 0; n < count; n++) {
    if (random.chance(0.1)) kind = random.pick(["in", "out", "self", "peer"] as const);
    if (random.chance(0.1)) peer = random.pick(["bob", "carol"]);
    if (random.chance(0.1)) at++;
    number += random.chance(0.1) ? 2 : 1;
    const ids =
      kind === "out" || kind === "self" ? { device: random.pick(["a", null]), id: number } : { device: null, id: null };
    const body = random.pick(BODIES);
    made.push(log.append({ kind, peer, origin: kind === "in" ? number : null, at, body, ...ids }));
    if (random.chance(0.05)) log.peers.mark(log.peers.get(peer));
    const then = random.below(20);
    if (then === 0) log.seal(() => null);
    if (then === 1) expect(log.entries.get(made.at(-1)?.seq ?? 0)).toEqual(made.at(-1));
  }
  log.seal(() => null);
  return made;
}

test("[S9] what was appended is on disk, row by row, with numbers as numbers", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage: { sql } }) => {
    const log = new Log(sql);
    log.found("alice");
    const made = append(log, new Random(7), 1_000);
    expect(sql.exec("SELECT * FROM entry ORDER BY seq").toArray()).toEqual(made);
    const types =
      "SELECT DISTINCT typeof(seq) || typeof(at) || typeof(coalesce(origin, 0)) || typeof(coalesce(id, 0)) AS t FROM entry";
    expect(sql.exec(types).toArray()).toEqual([{ t: "integer".repeat(4) }]);
  });
});
