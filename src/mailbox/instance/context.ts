// The context: the parts of one mailbox, which the functions of a mailbox work with. assemble.ts builds it.
// This file imports types only, and none whose file imports this one: those are interfaces here.
import type { Caller } from "../../protocol/caller.ts";
import type { TokenBucket } from "../../protocol/token-bucket.ts";
import type { Alarm, AlarmScheduler } from "../../durable/alarm-scheduler.ts";
import type { CallBudget } from "../../durable/call-budget.ts";
import type { GroupCommit } from "../../durable/group-commit.ts";
import type { Sockets } from "../connections/sockets.ts";
import type { Outbox } from "../delivery/outbox.ts";
import type { RemoteObjects } from "../delivery/remote-objects.ts";
import type { MailboxConfig } from "../limits/config.ts";
import type { EventLoad } from "../limits/event-load.ts";
import type { UnseenCount } from "../limits/unseen-count.ts";
import type { UserLimits } from "../limits/user-limits.ts";
import type { Inspector } from "../log/inspect.ts";
import type { IdempotencyKeys } from "../log/accounts/idempotency-keys.ts";
import type { Log } from "../log/log.ts";
import type { SuspensionRow } from "../log/accounts/suspension.ts";
import type { CensusReport } from "../connections/census-report.ts";
import type { PresenceState } from "../people/presence-state.ts";
import type { SignalQueue } from "../people/signal-queue.ts";

export interface MailboxContext {
  /** The canonical userName whose mailbox this is. */
  readonly user: string;
  /** Until then the mailbox answers `unable_to_store`, ms since 1970; 0 without a sign that the disk is full. */
  readonly refuseWritesUntil: number;
  readonly config: MailboxConfig;
  readonly log: Log;
  /** Keys of requests that were sent with one. */
  readonly idempotencyKeys: IdempotencyKeys;
  readonly suspension: SuspensionRow;
  readonly limits: UserLimits;
  readonly inspector: Inspector;
  readonly sockets: Sockets;
  readonly outbox: Outbox;
  readonly groupCommit: GroupCommit;
  readonly budget: CallBudget;
  readonly alarms: AlarmScheduler;
  readonly remote: RemoteObjects;
  /** The alarm that continues a removal. */
  readonly removalAlarm: Alarm;
  readonly webhook: WebhookQueue;
  readonly signals: SignalQueue;
  readonly presence: PresenceState;
  readonly unseen: UnseenCount;
  readonly load: EventLoad;
  /** When an attempt with a wrong code was last logged, ms since 1970; see notify-user.ts. */
  attemptLoggedAt: number;
  /** By device: event streams that took the place of its connection; see takeover-limit.ts. */
  readonly takeovers: Map<string, TokenBucket>;
  readonly censusReport: CensusReport;
  /** The caller that a token names; null for a token that is not valid by itself. */
  identify(token: string): Promise<Caller | null>;
  /**
   * Takes no event for `ms`, so that other objects of the isolate get the processor; frames wait with their clients
   * meanwhile.
   */
  pause(ms: number): void;
  /** Keeps the event open until `work` is done, without waiting for it. */
  background(work: Promise<unknown>): void;
}

/** The Durable Object, as its calls see it. */
export interface MailboxObject {
  /** Begins an event, for the mailbox of this user. */
  enter(name: string): MailboxContext;
  /** The context of the current instance; another one after an erasure. */
  context(name: string): MailboxContext;
  /** The platform's side of the object. */
  readonly state: DurableObjectState;
  /** The next event builds the context anew. */
  forget(): void;
}

/** The webhook of a service account; see services/webhook.ts. */
export interface WebhookQueue {
  /** Posts what follows its position, if it is time. To be called at the end of a group commit. */
  go(context: MailboxContext): void;
  onAlarm(): void;
  /** The webhook was set or removed. */
  reset(): void;
}
