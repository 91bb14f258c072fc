// Builds the context of a mailbox from the platform's state and the variables: every part is made here, and handed what
// it needs.
import type { Delivery } from "../../protocol/envelope.ts";
import { callerOfToken } from "../../identity/identify-caller.ts";
import { brokenMailboxes } from "../../protocol/broken-mailboxes.ts";
import { shardOf } from "../../protocol/census.ts";
import { counters } from "../../protocol/counters.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { AlarmScheduler } from "../../durable/alarm-scheduler.ts";
import { CallBudget } from "../../durable/call-budget.ts";
import { commitFailures } from "../../durable/commit-failures.ts";
import { GroupCommit } from "../../durable/group-commit.ts";
import { discardErasedFile } from "../admin/erase-mailbox.ts";
import { retentionOf } from "../admin/retention-of.ts";
import { Sockets } from "../connections/sockets.ts";
import type { MailboxContext } from "./context.ts";
import { Outbox } from "../delivery/outbox.ts";
import { RemoteObjects } from "../delivery/remote-objects.ts";
import { flushReplies, flushWrites } from "./flush.ts";
import { configOf } from "../limits/config.ts";
import { EventLoad } from "../limits/event-load.ts";
import { UnseenCount } from "../limits/unseen-count.ts";
import { UserLimits } from "../limits/user-limits.ts";
import { Inspector } from "../log/inspect.ts";
import { IdempotencyKeys } from "../log/accounts/idempotency-keys.ts";
import { Log } from "../log/log.ts";
import { QuotaRows } from "../log/accounts/quota-rows.ts";
import { SuspensionRow } from "../log/accounts/suspension.ts";
import { hasOldFile } from "../log/tombstone.ts";
import { CensusReport } from "../connections/census-report.ts";
import { lookUpForWatchers } from "../people/presence.ts";
import { PresenceState } from "../people/presence-state.ts";
import { SignalQueue } from "../people/signal-queue.ts";
import { Webhook } from "../services/webhook.ts";

/**
 * The context of a new instance. `ctx.id.name` is missing where the call came from another local process (seen with
 * workerd 2026-10-23), so callers pass the name along, and the log stores it for alarms. `closing`: a socket whose
 * close is the first event.
 */
export function assemble(ctx: DurableObjectState, env: Env, name?: string, closing?: WebSocket): MailboxContext {
  counters.wakes++;
  const sockets = new Sockets(ctx, closing);
  const log = new Log(ctx.storage.sql, retentionOf(env), sockets);
  acknowledgeAgain(log, sockets);
  for (const session of sockets.all()) if (session.position < log.head) session.earlySent = -1;
  const user = log.row?.name ?? name ?? ctx.id.name;
  if (user === undefined) throw new Error("the first event of a mailbox came without a name");
  const config = configOf(env);
  const alarms = new AlarmScheduler(ctx.storage, () => {
    counters.rows++;
    log.sql.noteWrite();
  });
  const budget = new CallBudget(config.callsPerEvent);
  const remote = new RemoteObjects(env, budget);
  const groupCommit: GroupCommit = groupCommitOf(ctx, log, user, () => context);
  const context: MailboxContext = {
    user,
    refuseWritesUntil: commitFailures.refuseWritesUntil(user),
    config,
    log,
    idempotencyKeys: new IdempotencyKeys(log.sql),
    suspension: new SuspensionRow(log.sql),
    limits: new UserLimits(user, config, new QuotaRows(log.sql)),
    inspector: new Inspector(log.sql),
    sockets,
    outbox: outboxOf(log, groupCommit, { budget, remote, alarms }, (peer) => lookUpForWatchers(context, peer)),
    groupCommit,
    budget,
    alarms,
    remote,
    removalAlarm: alarms.for("removals", log.removals.hasPending ? "unknown" : null),
    webhook: new Webhook(alarms.for("webhook", webhookDue(log))),
    signals: new SignalQueue(budget, alarms.for("signals")),
    presence: new PresenceState(),
    unseen: new UnseenCount(),
    load: new EventLoad(),
    attemptLoggedAt: 0,
    takeovers: new Map(),
    censusReport: new CensusReport({ user, shard: shardOf(user) }, (count) => remote.report(user, count)),
    identify: (token) => callerOfToken(token, env),
    pause: (ms) => void ctx.blockConcurrencyWhile(() => new Promise((done) => setTimeout(done, ms))),
    background: (work) => ctx.waitUntil(work),
  };
  if (hasOldFile(log.sql)) context.background(discardErasedFile(ctx.storage, context));
  return context;
}

function groupCommitOf(ctx: DurableObjectState, log: Log, user: string, contextOf: () => MailboxContext): GroupCommit {
  return new GroupCommit({
    flushWrites: () => flushWrites(contextOf()),
    flushReplies: () => flushReplies(contextOf()),
    takeWrote: () => log.sql.takeWrote(),
    whenDurable: () => commitFailures.track(user, ctx.storage.sync()),
    // Memory may be ahead of the disk: nothing is sent, and the object starts again from the disk.
    onError: (error) => {
      logEvent("broken", { user, reason: reasonOf(error) });
      brokenMailboxes.add(user);
      ctx.abort("the mailbox could not finish a group commit and starts again");
    },
  });
}

function outboxOf(
  log: Log,
  groupCommit: GroupCommit,
  { budget, remote, alarms }: Pick<MailboxContext, "budget" | "remote" | "alarms">,
  onFirstStored: (peer: string) => void,
): Outbox {
  const deliver = (delivery: Delivery) => remote.deliver(delivery);
  return new Outbox(log, groupCommit, { budget, alarms, deliver, onFirstStored });
}

/** Entries that sockets acknowledged before hibernation may be in no row yet, but their authors were sent receipts. */
function acknowledgeAgain(log: Log, sockets: Sockets): void {
  for (const session of sockets.all()) if (session.advancesDelivered) log.devices.advanceDelivered(session.acked);
}

function webhookDue(log: Log): number | "unknown" {
  const { row } = log.account.service.webhook;
  return row === null || row.disabled > 0 || row.due === 0 ? "unknown" : row.due;
}
