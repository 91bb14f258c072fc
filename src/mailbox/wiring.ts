// The parts of one mailbox, put together at the first event after a wake, and what holds them together: a group ends here.
import { readToken } from "../identity/who.ts";
import { shardOf } from "../protocol/census.ts";
import { note, reasonOf } from "../protocol/journal.ts";
import type { Answer, Visitor } from "../protocol/visitor.ts";
import { isOver, objectionTo } from "./account.ts";
import { keepCursors } from "./ack.ts";
import type { Box } from "./box.ts";
import { committing, unableUntil } from "./commits.ts";
import { Lanes } from "./lanes.ts";
import { end } from "./leave.ts";
import { Log } from "./log/log.ts";
import { Peers } from "./peers.ts";
import { pump } from "./pump.ts";
import { retentionOf } from "./retention.ts";
import { rulesOf } from "./rules.ts";
import { announce } from "./signal.ts";
import { type Session, Sockets } from "./sockets.ts";
import { Tally } from "./tally.ts";
import { Turn } from "./turn.ts";

export interface Parts extends Box {
  readonly tally: Tally;
}

export class Wiring {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  #parts: Parts | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
  }

  /** Does `work` in a group for whoever may come in. */
  for<T>(visitor: Visitor, work: (box: Parts) => T): Promise<Answer<T>> {
    return this.answer(visitor, (box) => ({ value: work(box) }));
  }

  answer<T>({ name, proof }: Visitor, work: (box: Parts) => Answer<T>): Promise<Answer<T>> {
    const box = this.box(name);
    return box.turn.joined(() => {
      const no = objectionTo(box, proof);
      return no === null ? work(box) : { refused: no };
    });
  }

  changed(box: Parts, event: "connect" | "disconnect", session: Session): void {
    this.#ctx.waitUntil(box.tally.changed({ event, device: session.device, sockets: box.sockets.size }));
  }

  left(box: Parts, session: Session): void {
    this.changed(box, "disconnect", session);
    if (box.sockets.size === 0) announce(box);
  }

  /**
   * The parts, put together at the first event after a wake. `ctx.id.name` is missing where the call came from another local
   * process (seen with workerd 2026-10-23), so callers pass the name along, and the log keeps it for alarms.
   */
  box(name?: string): Parts {
    if (this.#parts !== null) return this.#parts;
    const [ctx, env] = [this.#ctx, this.#env];
    const log = new Log(ctx.storage.sql, retentionOf(env));
    const user = log.life?.name ?? name ?? ctx.id.name;
    if (user === undefined) throw new Error("an event for a mailbox that never began");
    const sockets = new Sockets(ctx);
    // What the sockets carried before they slept is not in any row yet; the authors have heard of it.
    for (const session of sockets.all()) if (session.carries) log.devices.carry(session.acked);
    const turn = new Turn({
      seal: () => this.#seal(),
      tell: () => this.#tell(),
      committed: () => committing(user, ctx.storage.sync()),
      broken: (error) => this.#broken(user, error),
    });
    const peers = new Peers(env);
    const lanes = new Lanes(log, turn, {
      deliver: (delivery) => peers.deliver(delivery),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      deleteAlarm: () => void ctx.storage.deleteAlarm(),
    });
    const tally = new Tally({ user, shard: shardOf(user) }, (count) => peers.report(user, count));
    const background = (work: Promise<unknown>) => ctx.waitUntil(work);
    const rules = rulesOf(env);
    const who = (token: string) => readToken(token, env);
    return (this.#parts = {
      user,
      unableUntil: unableUntil(user),
      log,
      sockets,
      turn,
      rules,
      who,
      lanes,
      peers,
      tally,
      background,
    });
  }

  /** The mailbox was erased: the next event finds another one. */
  forget(): void {
    this.#parts = null;
  }

  /** The end of a group: everything that is written. */
  #seal(): boolean {
    const box = this.box();
    for (const session of box.sockets.all()) {
      const over = isOver(box, session);
      if (over === null) continue;
      end(box, session, over);
      this.left(box, session);
    }
    keepCursors(box);
    const wrote = box.log.seal(() => box.lanes.firstOwed);
    box.lanes.arm();
    return wrote;
  }

  /** Everything that is told. */
  #tell(): void {
    const box = this.box();
    for (const session of box.sockets.all()) {
      if (pump(box, session)) box.turn.join(() => undefined);
    }
    box.sockets.flush();
    box.log.trimSometimes(() => box.lanes.firstOwed);
    box.lanes.start();
  }

  /** Memory may be ahead of the disk: nothing is told, and the object starts again from what is on disk. */
  #broken(user: string, error: unknown): void {
    note("broken", { user, reason: reasonOf(error) });
    this.#ctx.abort("the mailbox could not finish a group and starts again");
  }
}
