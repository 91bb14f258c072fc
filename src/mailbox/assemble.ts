// The parts of one mailbox, put together at the first event after a wake, and what holds them together: a group ends here.
import { readToken } from "../identity/identify-caller.ts";
import { meter } from "../metrics/report-counters.ts";
import { shardOf } from "../protocol/census.ts";
import { counts } from "../protocol/counters.ts";
import { note, reasonOf } from "../protocol/log-events.ts";
import type { Order, Told } from "../protocol/operator-orders.ts";
import { V1 } from "../protocol/version.ts";
import type { Visit } from "../protocol/connection-request.ts";
import type { Answer, Visitor } from "../protocol/caller.ts";
import { type Even, isOver, objectionTo } from "./access/account.ts";
import { keepCursors } from "./reading/acknowledge.ts";
import { answeredWith, objectionToRequest } from "./limits/allowance.ts";
import type { Box } from "./context.ts";
import { CallBudget, FRESH, FROM_WORKER } from "../durable/call-budget.ts";
import { Clock } from "../durable/alarm-scheduler.ts";
import { commits } from "../durable/commit-failures.ts";
import { erase } from "./admin/erase-mailbox.ts";
import { Lanes } from "./delivery/outbox.ts";
import { end, finish, leave } from "./connections/disconnect.ts";
import { KeyRows } from "./log/key-rows.ts";
import { Facts } from "./log/inspect.ts";
import { Log } from "./log/log.ts";
import { open } from "./connections/connect.ts";
import { Suspension } from "./log/suspension.ts";
import { clean, isUnclean } from "./log/tombstone.ts";
import { operate } from "./admin/inspect-user.ts";
import { Peers } from "./delivery/remote-objects.ts";
import { pump } from "./reading/pump.ts";
import { retentionOf } from "./admin/retention-of.ts";
import { rulesOf } from "./limits/config.ts";
import { announce, ringPresence } from "./presence/presence.ts";
import { SignalQueue } from "./presence/signal-queue.ts";
import { type Session, Sockets, type Wire } from "./connections/sockets.ts";
import { Tally } from "./presence/census-report.ts";
import { Turn } from "../durable/group-commit.ts";
import { Webhook } from "./services/webhook.ts";

export interface Parts extends Box {
  readonly clock: Clock;
  readonly tally: Tally;
}

/** How something is asked. `even`: who else may come in; `box`: where asking is not the first thing that the event does. */
interface Asked {
  readonly even?: Even | null;
  readonly box?: Parts;
}

export class Wiring {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  #parts: Parts | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
  }

  /** Does `work` in a transaction for whoever may come in. */
  for<T>(visitor: Visitor, work: (box: Parts) => T, asked?: Asked): Promise<Answer<T>> {
    return this.answer(visitor, (box) => ({ value: work(box) }), asked);
  }

  /** The same for work that may refuse. */
  answer<T>({ name, proof }: Visitor, work: (box: Parts) => Answer<T>, asked: Asked = {}): Promise<Answer<T>> {
    const box = asked.box ?? this.enter(name);
    return box.turn.joined(() => {
      // Only who could come in pays: a stranger's request costs its address, not the user.
      const isOperator = proof.is === "operator";
      const no = objectionTo(box, proof, asked.even ?? null) ?? (isOperator ? null : objectionToRequest(box));
      if (no !== null) return { refused: no };
      const answer = work(box);
      if ("value" in answer && typeof answer.value === "string") answeredWith(box, answer.value.length);
      return answer;
    });
  }

  /** Has it tell or do what an operator wants. */
  async operate(name: string, order: Order): Promise<Answer<Told[Order["is"]]>> {
    const { storage } = this.#ctx;
    const box = this.enter(name);
    const body = { bytes: storage.sql.databaseSize, alarm: await storage.getAlarm() };
    return box.turn.joined(() => operate(box, order, body, (session) => this.left(box, session)));
  }

  /** Lets somebody in; a connection of the same device goes, or, where there are too many, the one that was idle for longest. */
  admit(box: Parts, visit: Visit, wire: Wire): void {
    box.turn.now(() => {
      const old = visit.dialect === V1 ? box.sockets.ofDevice(visit.place.device) : undefined;
      const first = box.sockets.size === 0;
      const idlest = box.sockets.size < (box.rules.quotas?.SOCKETS ?? Infinity) ? undefined : box.sockets.idlest();
      const crowded = old === undefined ? idlest : undefined;
      if (crowded !== undefined) {
        end(box, crowded, "crowded_out");
        this.changed(box, "disconnect", crowded);
      }
      if (old !== undefined) {
        end(box, old, "replaced");
        this.changed(box, "disconnect", old);
      }
      this.changed(box, "connect", open(box, visit, wire));
      if (first) announce(box);
    });
  }

  /** The client is gone; what its device held is kept. */
  gone(wire: Wire): void {
    const box = this.box();
    const session = box.sockets.of(wire);
    if (session === undefined) return;
    box.turn.now(() => leave(box, session));
    this.left(box, session);
  }

  /** The alarm rang. */
  ring(): void {
    const box = this.box();
    box.turn.now(() => {
      box.clock.rang(Date.now());
      box.budget.begin(FRESH);
      box.lanes.ring();
      box.webhook.rang();
      ringPresence(box);
    });
  }

  changed(box: Parts, event: "connect" | "disconnect", session: Session): void {
    this.#ctx.waitUntil(box.tally.changed({ event, device: session.device, sockets: box.sockets.size }));
  }

  left(box: Parts, session: Session): void {
    box.background(meter.report(box.peers.reach));
    this.changed(box, "disconnect", session);
    if (box.sockets.size === 0) announce(box);
  }

  /** An event has come for the mailbox of this user, to which so many calls lead. */
  enter(name: string | undefined, depth: number = FROM_WORKER): Parts {
    const box = this.box(name);
    box.budget.begin(depth);
    return box;
  }

  /**
   * The parts, put together at the first event after a wake. `ctx.id.name` is missing where the call came from another local
   * process (seen with workerd 2026-10-23), so callers pass the name along, and the log keeps it for alarms.
   */
  box(name?: string): Parts {
    if (this.#parts !== null) return this.#parts;
    const [ctx, env] = [this.#ctx, this.#env];
    counts.wakes++;
    const log = new Log(ctx.storage.sql, retentionOf(env));
    const user = log.life?.name ?? name ?? ctx.id.name;
    if (user === undefined) throw new Error("an event for a mailbox that never began");
    const sockets = new Sockets(ctx);
    // What the sockets carried before they slept is not in any row yet; the authors have heard of it.
    for (const session of sockets.all()) if (session.carries) log.devices.carry(session.acked);
    const turn = new Turn({
      seal: () => this.#seal(),
      tell: () => this.#tell(),
      wrote: () => log.sql.takeWrote(),
      committed: () => commits.track(user, ctx.storage.sync()),
      broken: (error) => this.#broken(user, error),
    });
    const clock = new Clock({
      setAlarm: (at) => {
        counts.rows++;
        log.sql.noteWrite();
        void ctx.storage.setAlarm(at);
      },
      deleteAlarm: () => void ctx.storage.deleteAlarm(),
    });
    const rules = rulesOf(env);
    const budget = new CallBudget(rules.callsPerEvent);
    const signals = new SignalQueue(budget, clock.for("signals"));
    const peers = new Peers(env, budget);
    const hook = log.account.service.webhook.row;
    const webhook = new Webhook(clock.for("webhook", hook === null || hook.disabled > 0 ? null : hook.due || null));
    const lanes = new Lanes(log, turn, {
      budget,
      deliver: (delivery) => peers.deliver(delivery),
      ...clock.for("lanes"),
    });
    const tally = new Tally({ user, shard: shardOf(user) }, (count) => peers.report(user, count));
    const background = (work: Promise<unknown>) => ctx.waitUntil(work);
    const pause = (ms: number) => void ctx.blockConcurrencyWhile(() => new Promise((done) => setTimeout(done, ms)));
    const kept = { log, suspension: new Suspension(log.sql), facts: new Facts(log.sql) };
    const who = (token: string) => readToken(token, env);
    const keys = new KeyRows(log.sql);
    if (isUnclean(log.sql)) background(this.#clean(user, peers));
    return (this.#parts = {
      user,
      unableUntil: commits.unableUntil(user),
      ...kept,
      keys,
      sockets,
      turn,
      rules,
      who,
      lanes,
      budget,
      clock,
      webhook,
      peers,
      tally,
      signals,
      pause,
      background,
    });
  }

  /** Everything gone, but for the word that this name was somebody's. */
  async erase(box: Parts): Promise<void> {
    const { storage } = this.#ctx;
    erase(box, (work) => storage.transactionSync(work));
    // The next event finds another mailbox.
    this.#parts = null;
    this.#ctx.waitUntil(box.tally.changed({ event: "disconnect", device: "", sockets: 0 }));
    await storage.deleteAlarm();
    // From here on the name is nobody's, whatever happens. What was written may be in the file until that is thrown away, by the next wake at the latest.
    await storage.sync();
    await this.#clean(box.user, box.peers);
  }

  /** Throws the file of an erased mailbox away. Where the server ends before the new one says so, the census still does. */
  async #clean(user: string, peers: Peers): Promise<void> {
    const { storage } = this.#ctx;
    await peers.erasing(user, true);
    clean(storage);
    await storage.sync();
    await peers.erasing(user, false);
  }

  /** Whether a name that nobody seems to have was somebody's, whose erasure was interrupted. */
  async wasErasing({ user, log, peers }: Parts): Promise<boolean> {
    return log.life === null && !log.erased && (await peers.isErasing(user));
  }

  /** The end of a group: everything that is written. */
  #seal(): void {
    const box = this.box();
    for (const session of box.sockets.all()) {
      const over = isOver(box, session);
      if (over === null) continue;
      end(box, session, over);
      this.left(box, session);
    }
    keepCursors(box);
    const { devices } = box.log;
    if (devices.areTooMany) devices.forgetOld((name) => box.sockets.hasDevice(name));
    box.log.seal(() => box.lanes.firstOwed);
    box.lanes.arm();
  }

  /** Everything that is told. */
  #tell(): void {
    const box = this.box();
    for (const session of box.sockets.all()) {
      if (pump(box, session)) box.turn.join(() => undefined);
      else if (session.ws.apart === true && session.position < box.log.head) this.#finish(box, session);
    }
    box.sockets.flush();
    box.log.trimSometimes(() => box.lanes.firstOwed);
    // First, because it is one call at most: lanes may want all that the event has.
    box.webhook.go(box);
    box.lanes.start();
    if (meter.isDue(Date.now())) box.background(meter.report(box.peers.reach));
  }

  #finish(box: Parts, session: Session): void {
    box.turn.join(() => {
      if (box.sockets.of(session.ws) !== session) return;
      finish(box, session);
      this.left(box, session);
    });
  }

  /** Memory may be ahead of the disk: nothing is told, and the object starts again from what is on disk. */
  #broken(user: string, error: unknown): void {
    note("broken", { user, reason: reasonOf(error) });
    this.#ctx.abort("the mailbox could not finish a group and starts again");
  }
}
