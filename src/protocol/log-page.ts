// The log over HTTP: which page of it is asked for. Read once, in the Worker.

/** `device`: who holds everything up to `cursor`; null for somebody who only looks. The rest as for a socket. */
export interface LogPageQuery {
  readonly device: string | null;
  readonly epoch: string | null;
  readonly cursor: number | "head" | null;
  /** Frames at most. */
  readonly limit: number;
}
