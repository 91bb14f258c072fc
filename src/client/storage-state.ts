// Where the records of a client are, as an application reads it, and why they are in memory. It knows no store.

/**
 * `durable`: the records outlive the process. `memory`: they end with it, and with the reload of a page. `reason`:
 * `chosen`: the application's store does not last. `unsupported`: the runtime lacks IndexedDB, Web Locks or
 * BroadcastChannel; a browser lacks Web Locks on plain http, except on localhost. `forbidden`: the browser forbids
 * IndexedDB to this page. `full`: no space is left. `unavailable`: IndexedDB can't be opened or written.
 */
export type StorageState = { readonly is: "durable" } | { readonly is: "memory"; readonly reason: MemoryReason };

/** Why records are in memory: see `StorageState`. */
export type MemoryReason = "chosen" | "unsupported" | "forbidden" | "full" | "unavailable";

export const DURABLE: StorageState = { is: "durable" };

export function isFull(error: unknown): boolean {
  return errorNameOf(error) === "QuotaExceededError";
}

/** IndexedDB has a database of a later version of this SDK. */
export function isOutdated(error: unknown): boolean {
  return errorNameOf(error) === "VersionError";
}

export function memoryReason(error: unknown): MemoryReason {
  if (isFull(error)) return "full";
  return isForbidden(error) ? "forbidden" : "unavailable";
}

/** Another attempt would fail again, or take as long. */
export function isFinal(error: unknown): boolean {
  return isForbidden(error) || isOutdated(error) || errorNameOf(error) === "TimeoutError";
}

function isForbidden(error: unknown): boolean {
  return errorNameOf(error) === "SecurityError";
}

function errorNameOf(error: unknown): unknown {
  return (error as { readonly name?: unknown } | null)?.name;
}
