// Reports of what this isolate has counted, to one of the census's shards. A report is absolute, so one that came twice changes nothing;
// one is under way at a time. No timer runs while nothing happens: a report leaves with an event, at most every ten seconds, and
// a moment after a socket ended. What an isolate counted after its last report goes with it when it ends.
import { CENSUS_SHARDS } from "../protocol/census.ts";
import { readCounters, type CounterValues, differenceOf } from "../protocol/counters.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { type Dataset, writePoints } from "./analytics-points.ts";

/** Ms between two reports while there are events, and at least between any two. Answers: reports as load. */
const REPORT_EVERY_MS = 10_000;
const MIN_GAP_MS = 1_000;
/** A report has so long, ms; an object that ended in the middle of one is in nobody's way for longer. */
const CALL_MS = 10_000;
/** Reports that one event makes, at most. */
const MAX_ROUNDS = 10;
/** Whoever is about to look waits in steps of so many ms for a report that is under way. */
const POLL_MS = 20;
/** After so long, ms, the numbers go on under another name, so that the census can add up those that have ended. */
const REPORTER_MS = 3_600_000;

/** What reports reach. */
export interface CensusReach {
  readonly CENSUS: { getByName(name: string): { counted(reporter: string, figures: string): Promise<void> } };
  readonly ANALYTICS?: Dataset;
}

interface Reporter {
  readonly reporter: string;
  readonly shard: string;
  readonly began: number;
  /** What earlier lives of this isolate have reported. */
  readonly before: CounterValues;
}

export class CounterReport {
  #reporter: Reporter | null = null;
  /** What the last report that arrived had. */
  #reported: CounterValues = {};
  #lastReportAt = 0;
  #busyUntil = 0;
  #isRepeatNeeded = false;

  /** Whether something was reported so long ago that an event may as well report. */
  isDue(now: number): boolean {
    return now - this.#lastReportAt >= REPORT_EVERY_MS && now > this.#busyUntil;
  }

  /** Reports, or sees to it that the report under way is followed by another. Resolves when it is done. */
  async report(reach: CensusReach, least: number = MIN_GAP_MS): Promise<void> {
    if (Date.now() <= this.#busyUntil) {
      this.#isRepeatNeeded = true;
      return;
    }
    // One event's object does not stay awake for the others' for ever; the next one goes on.
    let rounds = MAX_ROUNDS;
    do {
      const wait = Math.max(0, this.#lastReportAt + least - Date.now());
      this.#busyUntil = Date.now() + wait + CALL_MS;
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      this.#isRepeatNeeded = false;
      await this.#send(reach);
    } while (this.#isRepeatNeeded && --rounds > 0);
    this.#busyUntil = 0;
  }

  /** As `report`, but at once, and after the one that is under way: for whoever is about to look. */
  async reportNow(reach: CensusReach): Promise<void> {
    while (Date.now() <= this.#busyUntil) await new Promise((done) => setTimeout(done, POLL_MS));
    await this.report(reach, 0);
  }

  async #send(reach: CensusReach): Promise<void> {
    this.#lastReportAt = Date.now();
    const figures = readCounters();
    const fresh = differenceOf(figures, this.#reported);
    if (Object.keys(fresh).length === 0) return;
    const { reporter, shard, before } = this.#currentReporter();
    try {
      const own = JSON.stringify(differenceOf(figures, before));
      await withTimeout(reach.CENSUS.getByName(shard).counted(reporter, own), CALL_MS);
    } catch (error) {
      logEvent("counts_lost", { shard, reason: reasonOf(error) });
      return;
    }
    this.#reported = figures;
    if (reach.ANALYTICS !== undefined) writePoints(reach.ANALYTICS, fresh);
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

/** The one of this isolate. */
export const counterReport = new CounterReport();
