// Tells the census how many sockets the user has. One report under way at a time, so the last number is the one that stays.
import type { Online } from "../../protocol/census.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";

/** A connection that began or ended, to be logged with the count that the census gives back. */
export interface Change {
  readonly event: "connect" | "disconnect";
  readonly device: string;
  readonly sockets: number;
}

/** Tries of one report. What fails for good is corrected by the user's next report. */
const TRIES = 3;

export class CensusReport {
  readonly #report: (sockets: number) => Promise<Online>;
  readonly #fields: { readonly user: string; readonly shard: number };
  #changes: Change[] = [];
  #busy = false;

  constructor(fields: { readonly user: string; readonly shard: number }, report: (sockets: number) => Promise<Online>) {
    this.#fields = fields;
    this.#report = report;
  }

  /** Reports the number after a change, and logs the change. */
  async changed(change: Change): Promise<void> {
    this.#changes.push(change);
    if (this.#busy) return;
    this.#busy = true;
    for (let last = this.#changes.at(-1); last !== undefined; last = this.#changes.at(-1)) {
      const changes = this.#changes;
      this.#changes = [];
      const online = await this.#tell(last.sockets);
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
    this.#busy = false;
  }

  async #tell(sockets: number): Promise<Online | null> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        return await this.#report(sockets);
      } catch (error) {
        logEvent("report_failed", { ...this.#fields, attempt, reason: reasonOf(error) });
      }
    }
    return null;
  }
}
