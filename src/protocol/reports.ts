// Reports of users about correspondents, with messages that the reporter chose to show. The registry stores them for
// operators.

/** Why a user reports somebody. */
export const REPORT_REASONS = ["spam", "abuse", "threat", "other"] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];

/** Messages of one report, and UTF-8 bytes of them. Answers: reports as storage. */
export const MAX_REPORTED_MESSAGES = 20;
export const MAX_REPORT_BYTES = 131_072;

/** UTF-16 units of a reporter's note, and of an operator's. Answers: notes as storage. */
export const MAX_REPORT_NOTE_UNITS = 1_000;

/**
 * Reports in all, resolved ones too; above it the oldest resolved one goes. And unresolved reports of one reporter.
 * Answers: reports as storage, and one user who fills the operators' list.
 */
export const MAX_REPORTS = 2_000;
export const MAX_OPEN_REPORTS = 10;

/** How long a resolved report is kept, ms (90 days). Answers: copies of messages that are kept forever. */
export const RESOLVED_REPORT_MS = 7_776_000_000;

/** Reports of one page. Answers: a list that is read at once. */
export const REPORT_PAGE = 100;

export interface NewReport {
  readonly reporter: string;
  /** Who is reported. */
  readonly user: string;
  readonly reason: ReportReason;
  readonly note: string;
  /** A JSON array of `message` frames, as the reporter's mailbox stores them. */
  readonly messages: string;
}

/** A report without its messages. Times in ms since 1970. */
export interface Report {
  readonly id: number;
  readonly at: number;
  readonly reporter: string;
  readonly user: string;
  readonly reason: string;
  readonly note: string;
  /** Null: unresolved. */
  readonly resolved: number | null;
  /** `secret`, or a service's userName. */
  readonly resolvedBy: string | null;
  readonly resolution: string | null;
}

/** The newest first. `before`: an id. */
export interface ReportQuery {
  readonly state: "open" | "resolved";
  readonly user: string | null;
  readonly before: number | null;
}

export interface ReportPage {
  readonly reports: readonly Report[];
  /** The `before` of the next page; null after the last one. */
  readonly next: number | null;
}

/** The calls to the registry's object with the reports. */
export interface ReportCalls {
  /** The id; `reporter`: this reporter has too many unresolved reports; `full`: all reports are unresolved. */
  addReport(report: NewReport): Promise<number | "reporter" | "full">;
  listReports(query: ReportQuery): Promise<ReportPage>;
  readReport(id: number): Promise<(Report & { readonly messages: string }) | null>;
  /** Resolves it, once; null if there is no such report. */
  resolveReport(id: number, by: string, resolution: string): Promise<Report | null>;
  /** Deletes all reports of an erased reporter. */
  forgetReporter(reporter: string): Promise<void>;
}
