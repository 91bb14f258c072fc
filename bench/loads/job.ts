// What the load generator is told: where the servers are, how to speak to them, and the loads, one after the other.
import type { ClientName, Load } from "../measures/measure.ts";

export interface Job {
  readonly client: ClientName;
  readonly batch: number;
  readonly urls: readonly string[];
  /** The server processes, to read from /proc what they use. */
  readonly pids: readonly number[];
  readonly loads: readonly Load[];
  /** How long one load counts. */
  readonly seconds: number;
}

/** One load of a job. */
export interface Task<L extends Load = Load> extends Omit<Job, "loads"> {
  readonly load: L;
  /** Keeps the names of its users apart from those of the other loads. */
  readonly name: string;
  /** Ms before anything counts. */
  readonly warmUp: number;
}
