// Reports the number of the user's sockets to the census. One report is under way at a time, so the last number is the
// one that stays.
import type { OnlineCount } from "../../protocol/census.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";

/** A connection that began or ended. It is logged with the counts that the census returns. */
export interface Change {
  readonly event: "connect" | "disconnect";
  readonly device: string;
  readonly sockets: number;
}

/** Attempts of one report. If all fail, the user's next report corrects the number. */
const MAX_ATTEMPTS = 3;

export class CensusReport {
  readonly #report: (sockets: number) => Promise<OnlineCount>;
  readonly #fields: { readonly user: string; readonly shard: number };
  #changes: Change[] = [];
  #isReporting = false;

  constructor(
    fields: { readonly user: string; readonly shard: number },
    report: (sockets: number) => Promise<OnlineCount>,
  ) {
    this.#fields = fields;
    this.#report = report;
  }

  /** Logs the change, and reports the number of sockets after it. */
  async changed(change: Change): Promise<void> {
    this.#changes.push(change);
    if (this.#isReporting) return;
    this.#isReporting = true;
    for (let last = this.#changes.at(-1); last !== undefined; last = this.#changes.at(-1)) {
      const changes = this.#changes;
      this.#changes = [];
      const online = await this.#reportWithRetries(last.sockets);
      for (const { event, device, sockets } of changes) {
        logEvent(event, {
          ...this.#fields,
          device,
          sockets,
          shardUsers: online?.users ?? null,
          shardSockets: online?.sockets ?? null,
        });
      }
    }
    this.#isReporting = false;
  }

  async #reportWithRetries(sockets: number): Promise<OnlineCount | null> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#report(sockets);
      } catch (error) {
        logEvent("report_failed", { ...this.#fields, attempt, reason: reasonOf(error) });
      }
    }
    return null;
  }
}
