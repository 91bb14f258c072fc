// A peer that was started: where its servers are, which processes they are, and how they end.

export interface Served {
  /** One of each server, `ws://127.0.0.1:PORT`. */
  readonly urls: readonly string[];
  /** The server processes, with those of its broker; what these have started counts too. */
  readonly pids: readonly number[];
  /** The module of the SDK that its clients use; absent: the present one. */
  readonly sdk?: string;
  stop(): Promise<void>;
}
