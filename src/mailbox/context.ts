// What a verb gets to work with: the parts of one mailbox, wired in mailbox.ts.
import type { Visitor } from "../protocol/caller.ts";
import type { CallBudget } from "../durable/call-budget.ts";
import type { Lanes } from "./delivery/outbox.ts";
import type { KeyRows } from "./log/key-rows.ts";
import type { Facts } from "./log/inspect.ts";
import type { Log } from "./log/log.ts";
import type { Suspension } from "./log/suspension.ts";
import type { Peers } from "./delivery/remote-objects.ts";
import type { Rules } from "./limits/config.ts";
import type { SignalQueue } from "./presence/signal-queue.ts";
import type { Sockets } from "./connections/sockets.ts";
import type { Turn } from "../durable/group-commit.ts";
import type { Webhook } from "./services/webhook.ts";

export interface Box {
  /** The canonical userName whose mailbox this is. */
  readonly user: string;
  /** Until then it says that it can't store anything, ms since 1970; 0 where nothing speaks for it. */
  readonly unableUntil: number;
  readonly log: Log;
  /** Of requests that were sent with one. */
  readonly keys: KeyRows;
  readonly suspension: Suspension;
  readonly facts: Facts;
  readonly sockets: Sockets;
  readonly lanes: Lanes;
  readonly budget: CallBudget;
  readonly peers: Peers;
  readonly signals: SignalQueue;
  readonly turn: Turn;
  readonly rules: Rules;
  readonly webhook: Webhook;
  /** Whom a token speaks of; null for one that is not to be trusted. */
  who(token: string): Promise<Visitor | null>;
  /** Takes no event for some ms, so that others have their turn: what a client sends meanwhile waits with the client. */
  pause(ms: number): void;
  /** Lets something go on after the event that began it. */
  background(work: Promise<unknown>): void;
}
