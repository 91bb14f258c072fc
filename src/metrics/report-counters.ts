// Reports this isolate's counters to one shard of the census. Reports are absolute, so a repeated one changes nothing;
// one is in flight at a time. No timer runs while idle: an event sends a report, at most every 10 s, and the end of a
// socket sends one after at least 1 s. Counts after the last report are lost when the isolate ends.
import { CENSUS_SHARDS } from "../protocol/census.ts";
import { readCounters, type CounterValues, differenceOf } from "../protocol/counters.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { type Dataset, writePoints } from "./analytics-points.ts";

/** Ms between two reports while there are events, and least ms between any two. Answers: reports as load. */
const REPORT_EVERY_MS = 10_000;
const MIN_GAP_MS = 1_000;
/** The timeout of a report, ms. It also ends a report whose object ended while it was in flight. */
const CALL_MS = 10_000;
/** Reports of one event. */
const MAX_ROUNDS = 10;
/** The polling interval of `reportNow` while a report is in flight, ms. */
const POLL_MS = 20;
/** How long a reporter's name is used, ms. Then the census can merge its row. */
const REPORTER_MS = 3_600_000;

/** The bindings that reports need. */
export interface CensusReach {
  readonly CENSUS: { getByName(name: string): { counted(reporter: string, figures: string): Promise<void> } };
  readonly ANALYTICS?: Dataset;
}

interface Reporter {
  readonly reporter: string;
  readonly shard: string;
  readonly began: number;
  /** The counters that this isolate reported under earlier names. */
  readonly before: CounterValues;
}

export class CounterReport {
  #reporter: Reporter | null = null;
  /** The counters of the last report that succeeded. */
  #reported: CounterValues = {};
  #lastReportAt = 0;
  #busyUntil = 0;
  #isRepeatNeeded = false;

  /** Whether the last report is old enough for an event to send the next. */
  isDue(now: number, everyMs: number = REPORT_EVERY_MS): boolean {
    return now - this.#lastReportAt >= everyMs && now > this.#busyUntil;
  }

  /** Sends a report; if one is in flight, has another follow it. Resolves when its own work is done. */
  async report(reach: CensusReach, minGapMs: number = MIN_GAP_MS): Promise<void> {
    if (Date.now() <= this.#busyUntil) {
      this.#isRepeatNeeded = true;
      return;
    }
    // A bound on how long one event keeps its object awake for others' reports; the next event continues.
    let rounds = MAX_ROUNDS;
    do {
      // No longer than the gap, also after the clock went backwards: the object stays awake for it.
      const waitMs = Math.min(minGapMs, Math.max(0, this.#lastReportAt + minGapMs - Date.now()));
      this.#busyUntil = Date.now() + waitMs + CALL_MS;
      if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
      this.#isRepeatNeeded = false;
      await this.#send(reach);
    } while (this.#isRepeatNeeded && --rounds > 0);
    this.#busyUntil = 0;
  }

  /** Sends a report now, after the one in flight: before the metrics are read. */
  async reportNow(reach: CensusReach): Promise<void> {
    while (Date.now() <= this.#busyUntil) await new Promise((done) => setTimeout(done, POLL_MS));
    await this.report(reach, 0);
  }

  async #send(reach: CensusReach): Promise<void> {
    this.#lastReportAt = Date.now();
    const figures = readCounters();
    const increase = differenceOf(figures, this.#reported);
    if (Object.keys(increase).length === 0) return;
    const { reporter, shard, before } = this.#currentReporter();
    try {
      const own = JSON.stringify(differenceOf(figures, before));
      await withTimeout(reach.CENSUS.getByName(shard).counted(reporter, own), CALL_MS);
    } catch (error) {
      logEvent("counts_lost", { shard, reason: reasonOf(error) });
      return;
    }
    this.#reported = figures;
    if (reach.ANALYTICS !== undefined) writePoints(reach.ANALYTICS, increase);
  }

  #currentReporter(): Reporter {
    const now = Date.now();
    if (this.#reporter === null || now - this.#reporter.began > REPORTER_MS) {
      const shard = String(Math.floor(Math.random() * CENSUS_SHARDS));
      this.#reporter = { reporter: crypto.randomUUID(), shard, began: now, before: this.#reported };
    }
    return this.#reporter;
  }
}

/** The one reporter of this isolate. Bounded: a fixed set of counters. */
export const counterReport = new CounterReport();
