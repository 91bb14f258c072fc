// What becomes of those who are away, and what those cost who are there and silent.
import type { Seen } from "../seen.ts";
import { fixed, mebibytes, share, whole } from "../words.ts";
import { rowsOf } from "./rows.ts";

export function away(seen: Seen): string {
  const head = ["cut, two seconds away", "delivered", "of a thousand twice", "complete, p50 ms", "p99 ms"];
  return rowsOf(seen, "away", head, (name) => {
    const {
      delivered = Number.NaN,
      repeated = Number.NaN,
      complete,
      complete99,
    } = seen.row("away", name)?.figures ?? {};
    const when = (ms: number | undefined) => (ms === undefined || !Number.isFinite(ms) ? "never" : whole(ms));
    return [share(delivered), fixed(repeated, 1), when(complete), when(complete99)];
  });
}

export function idle(seen: Seen): string {
  const head = ["3,000 silent sockets", "KiB a socket", "files a socket", "MiB in all", "CPU s a minute"];
  return rowsOf(seen, "idle", head, (name) => {
    const {
      memoryPerSocket = Number.NaN,
      filesPerSocket = Number.NaN,
      memory = Number.NaN,
      cpuPerMinute = Number.NaN,
    } = seen.row("idle", name)?.figures ?? {};
    return [whole(memoryPerSocket / 1_024), fixed(filesPerSocket, 2), mebibytes(memory), fixed(cpuPerMinute, 2)];
  });
}
