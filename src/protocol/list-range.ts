// The part of a list of conversations or messages that an HTTP request asks for.

/** At most `limit` items, before or after a seq. */
export interface ListRange {
  readonly limit: number;
  readonly before: number | null;
  readonly after: number | null;
}
