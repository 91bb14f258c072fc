// What a test chooses for a run of the chaos.
import type { Delivery } from "../../src/protocol/envelope.ts";

export interface RunOptions {
  /** A planted fault: changes each delivery on its way. */
  readonly tamper: (delivery: Delivery) => Delivery;
  /** Ms after the end of the faults within which every message and every mark has to arrive. */
  readonly settleMs: number;
}

export const RUN_OPTIONS: RunOptions = { tamper: (delivery) => delivery, settleMs: 4_000 };
