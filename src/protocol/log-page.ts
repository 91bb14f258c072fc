// The page of the log that an HTTP request asks for. Parsed once, in the Worker.

/** `device`: has stored everything up to `cursor`; null to read without changing a cursor. The rest as for a socket. */
export interface LogPageQuery {
  readonly device: string | null;
  readonly epoch: string | null;
  readonly cursor: number | "head" | null;
  /** The most frames of the page. */
  readonly limit: number;
  /** Whether the page has relations as they are. */
  readonly relations?: boolean;
}
