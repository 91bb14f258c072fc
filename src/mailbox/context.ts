// What a verb gets to work with: the parts of one mailbox, wired in mailbox.ts.
import type { Caller } from "../protocol/caller.ts";
import type { CallBudget } from "../durable/call-budget.ts";
import type { Outbox } from "./delivery/outbox.ts";
import type { KeyRows } from "./log/accounts/idempotency-keys.ts";
import type { Inspector } from "./log/inspect.ts";
import type { Log } from "./log/log.ts";
import type { Suspension } from "./log/accounts/suspension.ts";
import type { RemoteObjects } from "./delivery/remote-objects.ts";
import type { MailboxConfig } from "./limits/config.ts";
import type { SignalQueue } from "./presence/signal-queue.ts";
import type { Sockets } from "./connections/sockets.ts";
import type { GroupCommit } from "../durable/group-commit.ts";
import type { Webhook } from "./services/webhook.ts";

export interface MailboxContext {
  /** The canonical userName whose mailbox this is. */
  readonly user: string;
  /** Until then it says that it can't store anything, ms since 1970; 0 where nothing speaks for it. */
  readonly refuseWritesUntil: number;
  readonly log: Log;
  /** Of requests that were sent with one. */
  readonly idempotencyKeys: KeyRows;
  readonly suspension: Suspension;
  readonly inspector: Inspector;
  readonly sockets: Sockets;
  readonly outbox: Outbox;
  readonly budget: CallBudget;
  readonly remote: RemoteObjects;
  readonly signals: SignalQueue;
  readonly groupCommit: GroupCommit;
  readonly config: MailboxConfig;
  readonly webhook: Webhook;
  /** Whom a token speaks of; null for one that is not to be trusted. */
  identify(token: string): Promise<Caller | null>;
  /** Takes no event for some ms, so that others have their turn: what a client sends meanwhile waits with the client. */
  pause(ms: number): void;
  /** Lets something go on after the event that began it. */
  background(work: Promise<unknown>): void;
}
