// The parts of one mailbox, put together at the first event after a wake, and what holds them together: a group ends here.
import { readToken } from "../identity/identify-caller.ts";
import { counterReport } from "../metrics/report-counters.ts";
import { shardOf } from "../protocol/census.ts";
import { counters } from "../protocol/counters.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import type { Order, OrderResult } from "../protocol/operator-orders.ts";
import { V1 } from "../protocol/version.ts";
import type { ConnectionRequest } from "../protocol/connection-request.ts";
import type { CallResult, Caller } from "../protocol/caller.ts";
import { type AlsoAllowed, whyOver, checkAccess } from "./access/account.ts";
import { persistCursors } from "./reading/acknowledge.ts";
import { chargeAnswer, checkRequestAllowance } from "./limits/allowance.ts";
import type { MailboxContext } from "./context.ts";
import { CallBudget, DEPTH_OF_EVENT, DEPTH_FROM_WORKER } from "../durable/call-budget.ts";
import { AlarmScheduler } from "../durable/alarm-scheduler.ts";
import { commitFailures } from "../durable/commit-failures.ts";
import { closeForErasure } from "./admin/erase-mailbox.ts";
import { Outbox } from "./delivery/outbox.ts";
import { closeWithCode, closeStream, onClientClosed } from "./connections/disconnect.ts";
import { KeyRows } from "./log/key-rows.ts";
import { Inspector } from "./log/inspect.ts";
import { Log } from "./log/log.ts";
import { connect } from "./connections/connect.ts";
import { Suspension } from "./log/suspension.ts";
import { clean, isUnclean } from "./log/tombstone.ts";
import { runOrder } from "./admin/inspect-user.ts";
import { RemoteObjects } from "./delivery/remote-objects.ts";
import { pump } from "./reading/pump.ts";
import { retentionOf } from "./admin/retention-of.ts";
import { configOf } from "./limits/config.ts";
import { announcePresence, onPresenceAlarm } from "./presence/presence.ts";
import { SignalQueue } from "./presence/signal-queue.ts";
import { type Session, Sockets, type Wire } from "./connections/sockets.ts";
import { CensusReport } from "./presence/census-report.ts";
import { GroupCommit } from "../durable/group-commit.ts";
import { Webhook } from "./services/webhook.ts";

export interface AssembledContext extends MailboxContext {
  readonly alarms: AlarmScheduler;
  readonly censusReport: CensusReport;
}

/** How something is asked. `even`: who else may come in; `box`: where asking is not the first thing that the event does. */
interface Asked {
  readonly even?: AlsoAllowed | null;
  readonly context?: AssembledContext;
}

export class Assembly {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  #parts: AssembledContext | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
  }

  /** Does `work` in a transaction for whoever may come in. */
  for<T>(visitor: Caller, work: (context: AssembledContext) => T, asked?: Asked): Promise<CallResult<T>> {
    return this.answer(visitor, (context) => ({ value: work(context) }), asked);
  }

  /** The same for work that may refuse. */
  answer<T>(
    { name, proof }: Caller,
    work: (context: AssembledContext) => CallResult<T>,
    asked: Asked = {},
  ): Promise<CallResult<T>> {
    const context = asked.context ?? this.enter(name);
    return context.groupCommit.run(() => {
      // Only who could come in pays: a stranger's request costs its address, not the user.
      const isOperator = proof.is === "operator";
      const no =
        checkAccess(context, proof, asked.even ?? null) ?? (isOperator ? null : checkRequestAllowance(context));
      if (no !== null) return { refused: no };
      const answer = work(context);
      if ("value" in answer && typeof answer.value === "string") chargeAnswer(context, answer.value.length);
      return answer;
    });
  }

  /** Has it tell or do what an operator wants. */
  async operate(name: string, order: Order): Promise<CallResult<OrderResult[Order["is"]]>> {
    const { storage } = this.#ctx;
    const context = this.enter(name);
    const body = { bytes: storage.sql.databaseSize, alarm: await storage.getAlarm() };
    return context.groupCommit.run(() => runOrder(context, order, body, (session) => this.left(context, session)));
  }

  /** Lets somebody in; a connection of the same device goes, or, where there are too many, the one that was idle for longest. */
  admit(context: AssembledContext, visit: ConnectionRequest, wire: Wire): void {
    context.groupCommit.runNow(() => {
      const old = visit.dialect === V1 ? context.sockets.ofDevice(visit.place.device) : undefined;
      const first = context.sockets.size === 0;
      const idlest =
        context.sockets.size < (context.config.quotas?.SOCKETS ?? Infinity) ? undefined : context.sockets.idlest();
      const crowded = old === undefined ? idlest : undefined;
      if (crowded !== undefined) {
        closeWithCode(context, crowded, "crowded_out");
        this.changed(context, "disconnect", crowded);
      }
      if (old !== undefined) {
        closeWithCode(context, old, "replaced");
        this.changed(context, "disconnect", old);
      }
      this.changed(context, "connect", connect(context, visit, wire));
      if (first) announcePresence(context);
    });
  }

  /** The client is gone; what its device held is kept. */
  gone(wire: Wire): void {
    const context = this.context();
    const session = context.sockets.of(wire);
    if (session === undefined) return;
    context.groupCommit.runNow(() => onClientClosed(context, session));
    this.left(context, session);
  }

  /** The alarm rang. */
  ring(): void {
    const context = this.context();
    context.groupCommit.runNow(() => {
      context.alarms.onAlarm(Date.now());
      context.budget.begin(DEPTH_OF_EVENT);
      context.outbox.onAlarm();
      context.webhook.rang();
      onPresenceAlarm(context);
    });
  }

  changed(context: AssembledContext, event: "connect" | "disconnect", session: Session): void {
    this.#ctx.waitUntil(context.censusReport.changed({ event, device: session.device, sockets: context.sockets.size }));
  }

  left(context: AssembledContext, session: Session): void {
    context.background(counterReport.report(context.remote.reach));
    this.changed(context, "disconnect", session);
    if (context.sockets.size === 0) announcePresence(context);
  }

  /** An event has come for the mailbox of this user, to which so many calls lead. */
  enter(name: string | undefined, depth: number = DEPTH_FROM_WORKER): AssembledContext {
    const context = this.context(name);
    context.budget.begin(depth);
    return context;
  }

  /**
   * The parts, put together at the first event after a wake. `ctx.id.name` is missing where the call came from another local
   * process (seen with workerd 2026-10-23), so callers pass the name along, and the log keeps it for alarms.
   */
  context(name?: string): AssembledContext {
    if (this.#parts !== null) return this.#parts;
    const [ctx, env] = [this.#ctx, this.#env];
    counters.wakes++;
    const log = new Log(ctx.storage.sql, retentionOf(env));
    const user = log.row?.name ?? name ?? ctx.id.name;
    if (user === undefined) throw new Error("an event for a mailbox that never began");
    const sockets = new Sockets(ctx);
    // What the sockets carried before they slept is not in any row yet; the authors have heard of it.
    for (const session of sockets.all()) if (session.advancesDelivered) log.devices.advanceDelivered(session.acked);
    const turn = new GroupCommit({
      flushWrites: () => this.#seal(),
      flushReplies: () => this.#tell(),
      takeWrote: () => log.sql.takeWrote(),
      whenDurable: () => commitFailures.track(user, ctx.storage.sync()),
      onError: (error) => this.#broken(user, error),
    });
    const clock = new AlarmScheduler({
      setAlarm: (at) => {
        counters.rows++;
        log.sql.noteWrite();
        void ctx.storage.setAlarm(at);
      },
      deleteAlarm: () => void ctx.storage.deleteAlarm(),
    });
    const rules = configOf(env);
    const budget = new CallBudget(rules.callsPerEvent);
    const signals = new SignalQueue(budget, clock.for("signals"));
    const peers = new RemoteObjects(env, budget);
    const hook = log.account.service.webhook.row;
    const webhook = new Webhook(clock.for("webhook", hook === null || hook.disabled > 0 ? null : hook.due || null));
    const lanes = new Outbox(log, turn, {
      budget,
      deliver: (delivery) => peers.deliver(delivery),
      ...clock.for("lanes"),
    });
    const tally = new CensusReport({ user, shard: shardOf(user) }, (count) => peers.report(user, count));
    const background = (work: Promise<unknown>) => ctx.waitUntil(work);
    const pause = (ms: number) => void ctx.blockConcurrencyWhile(() => new Promise((done) => setTimeout(done, ms)));
    const kept = { log, suspension: new Suspension(log.sql), inspector: new Inspector(log.sql) };
    const who = (token: string) => readToken(token, env);
    const keys = new KeyRows(log.sql);
    if (isUnclean(log.sql)) background(this.#clean(user, peers));
    return (this.#parts = {
      user,
      refuseWritesUntil: commitFailures.refuseWritesUntil(user),
      ...kept,
      idempotencyKeys: keys,
      sockets,
      groupCommit: turn,
      config: rules,
      identify: who,
      outbox: lanes,
      budget,
      alarms: clock,
      webhook,
      remote: peers,
      censusReport: tally,
      signals,
      pause,
      background,
    });
  }

  /** Everything gone, but for the word that this name was somebody's. */
  async erase(context: AssembledContext): Promise<void> {
    const { storage } = this.#ctx;
    closeForErasure(context, (work) => storage.transactionSync(work));
    // The next event finds another mailbox.
    this.#parts = null;
    this.#ctx.waitUntil(context.censusReport.changed({ event: "disconnect", device: "", sockets: 0 }));
    await storage.deleteAlarm();
    // From here on the name is nobody's, whatever happens. What was written may be in the file until that is thrown away, by the next wake at the latest.
    await storage.sync();
    await this.#clean(context.user, context.remote);
  }

  /** Throws the file of an erased mailbox away. Where the server ends before the new one says so, the census still does. */
  async #clean(user: string, peers: RemoteObjects): Promise<void> {
    const { storage } = this.#ctx;
    await peers.erasing(user, true);
    clean(storage);
    await storage.sync();
    await peers.erasing(user, false);
  }

  /** Whether a name that nobody seems to have was somebody's, whose erasure was interrupted. */
  async wasErasing({ user, log, remote: peers }: AssembledContext): Promise<boolean> {
    return log.row === null && !log.erased && (await peers.isErasing(user));
  }

  /** The end of a group: everything that is written. */
  #seal(): void {
    const context = this.context();
    for (const session of context.sockets.all()) {
      const over = whyOver(context, session);
      if (over === null) continue;
      closeWithCode(context, session, over);
      this.left(context, session);
    }
    persistCursors(context);
    const { devices } = context.log;
    if (devices.areTooMany) devices.forgetOld((name) => context.sockets.hasDevice(name));
    context.log.flush(() => context.outbox.oldestUnsettled);
    context.outbox.setAlarm();
  }

  /** Everything that is told. */
  #tell(): void {
    const context = this.context();
    for (const session of context.sockets.all()) {
      if (pump(context, session)) context.groupCommit.enqueue(() => undefined);
      else if (session.kind === "stream" && session.position < context.log.head) this.#finish(context, session);
    }
    context.sockets.flush();
    context.log.trimIfDue(() => context.outbox.oldestUnsettled);
    // First, because it is one call at most: lanes may want all that the event has.
    context.webhook.go(context);
    context.outbox.start();
    if (counterReport.isDue(Date.now())) context.background(counterReport.report(context.remote.reach));
  }

  #finish(context: AssembledContext, session: Session): void {
    context.groupCommit.enqueue(() => {
      if (context.sockets.of(session.ws) !== session) return;
      closeStream(context, session);
      this.left(context, session);
    });
  }

  /** Memory may be ahead of the disk: nothing is told, and the object starts again from what is on disk. */
  #broken(user: string, error: unknown): void {
    logEvent("broken", { user, reason: reasonOf(error) });
    this.#ctx.abort("the mailbox could not finish a group and starts again");
  }
}
