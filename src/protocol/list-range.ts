// Which part of a list of conversations or of messages is asked for, over HTTP.

/** At most `limit` items, before or after a seq. */
export interface ListRange {
  readonly limit: number;
  readonly before: number | null;
  readonly after: number | null;
}
