// How late messages are at a fixed rate: until the receiver has them, and until the sender knows, where the peer says so.
import type { Seen } from "../seen.ts";
import { short, times } from "../words.ts";
import { rowsOf } from "./rows.ts";

export function latency(seen: Seen): string {
  const rates = [100, 300, 1_000];
  const head = [
    "ms, by messages a second",
    ...rates.flatMap((rate) => [`${rate}: p50`, "p99", "known p50", "p99"]),
    "p50 at 300 / streams",
  ];
  return rowsOf(seen, "latency", head, (name) => {
    const confirms = name.startsWith("streams") || name.startsWith("restante") || name.startsWith("bare");
    const at = (rate: number, of: "received50" | "received99" | "confirmed50" | "confirmed99") =>
      short(seen.figure("latency", name, `${rate} a second`, of));
    const cells = rates.flatMap((rate) => [
      at(rate, "received50"),
      at(rate, "received99"),
      confirms ? at(rate, "confirmed50") : "",
      confirms ? at(rate, "confirmed99") : "",
    ]);
    return [...cells, times(seen.beside("latency", name, "streams ×2", "300 a second", "received50"))];
  });
}
