// Changes mailboxes so that much happens in a short run: retries come at once, delays are short, and checkpoints come
// early. It changes no behaviour that a client could see, but for times.
import { vi } from "vitest";
import { commitFailures } from "../../src/durable/commit-failures.ts";
import { PeerQueue } from "../../src/mailbox/delivery/peer-queue.ts";
import { Checkpoints } from "../../src/mailbox/log/checkpoints.ts";

/** The delays of receipts and marks, in ms; they take this fraction of their time. */
const SCALED_MS = { from: 100, to: 400, by: 20 } as const;

/** Changes the mailboxes of a run; the returned function restores them. */
export function shortenRun(isCheckpointDue: () => boolean): () => void {
  const mocks = [
    // Only the faults delay deliveries.
    vi.spyOn(PeerQueue.prototype, "scheduleRetry").mockImplementation(function (this: PeerQueue) {
      this.retryAt = Date.now();
    }),
    // A crash ends the process, and with it the memory of commits that never ended.
    vi.spyOn(commitFailures, "refuseWritesUntil").mockReturnValue(0),
    // A run has too few rows for a checkpoint.
    vi.spyOn(Checkpoints.prototype, "isDue", "get").mockImplementation(isCheckpointDue),
    scaleTimers(),
  ];
  return () => {
    for (const mock of mocks) mock.mockRestore();
  };
}

function scaleTimers(): { mockRestore(): void } {
  const { setTimeout } = globalThis;
  const { from, to, by } = SCALED_MS;
  const scaled = (act: () => void, ms = 0) => setTimeout(act, ms >= from && ms <= to ? ms / by : ms);
  return vi.spyOn(globalThis, "setTimeout").mockImplementation(scaled as typeof setTimeout);
}
