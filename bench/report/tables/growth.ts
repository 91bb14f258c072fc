// What a message costs all servers together, by their number.
import { FRAMES } from "../names.ts";
import type { Seen } from "../seen.ts";
import { table } from "../table.ts";
import { times, whole } from "../words.ts";

export const SIZES = [1, 2, 4, 8, 16];

/** µs of server CPU for a delivered message, by the number of servers; NaN where it was not measured. */
export function growthOf(seen: Seen, peer: string): readonly number[] {
  return SIZES.map((size) => {
    const name = peer === FRAMES && size === 1 ? FRAMES : `${peer} ×${size}`;
    return seen.figure("growth", name, undefined, "cpuPerMessage");
  });
}

export function growth(seen: Seen): string {
  const body = ["redis", "rabbitmq", FRAMES].flatMap((peer) => {
    const costs = growthOf(seen, peer);
    const [first = Number.NaN] = costs;
    if (!costs.some(Number.isFinite)) return [];
    return [[peer, ...costs.map(whole), times((costs.at(-1) ?? Number.NaN) / first)]];
  });
  const head = ["µs CPU/msg", ...SIZES.map((size) => `${size} ${size === 1 ? "server" : "servers"}`), "16 / 1"];
  return body.length === 0 ? "" : table(head, body);
}
