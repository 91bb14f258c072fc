// One user's mailbox: the log, the sockets, the lanes. This file only wires the verbs to the runtime's events.
import { DurableObject } from "cloudflare:workers";
import { readToken } from "../identity/who.ts";
import type { NewToken, SignedIn } from "../protocol/account.ts";
import type { Range, Settings } from "../protocol/browse.ts";
import { shardOf } from "../protocol/census.ts";
import type { Delivery, MailboxCalls, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { note, reasonOf } from "../protocol/journal.ts";
import { V1 } from "../protocol/version.ts";
import { readVisit } from "../protocol/visit.ts";
import type { Answer, Visitor } from "../protocol/visitor.ts";
import {
  account,
  claim,
  devices,
  isOver,
  link,
  linkCode,
  objectionTo,
  recover,
  recoveryCode,
  signOut,
} from "./account.ts";
import { keepCursors } from "./ack.ts";
import type { Box } from "./box.ts";
import { conversations, messages } from "./browse.ts";
import { accept, block, unblock } from "./contacts.ts";
import { deliver } from "./deliver.ts";
import { Lanes } from "./lanes.ts";
import { end, leave } from "./leave.ts";
import type { Standing } from "./log/contact-rows.ts";
import { Log } from "./log/log.ts";
import { objection, open } from "./open.ts";
import { Peers } from "./peers.ts";
import { pump } from "./pump.ts";
import { receive } from "./receive.ts";
import { retentionOf } from "./retention.ts";
import { rulesOf } from "./rules.ts";
import { settings } from "./settings.ts";
import { announce, hear, presenceFor } from "./signal.ts";
import { type Session, Sockets } from "./sockets.ts";
import { Tally } from "./tally.ts";
import { Turn } from "./turn.ts";

interface Parts extends Box {
  readonly tally: Tally;
}

export class Mailbox extends DurableObject<Env> implements MailboxCalls {
  #parts: Parts | null = null;

  /** Opens a socket for a visit that the Worker let in: 101, or a refusal's status and its code as JSON. */
  override async fetch(request: Request): Promise<Response> {
    const visit = readVisit(request);
    const box = this.#box(visit.name);
    const no = objection(box, visit);
    if (no !== null) return Response.json(no, { status: 400 });
    const pair = new WebSocketPair();
    box.turn.now(() => {
      const old = visit.dialect === V1 ? box.sockets.ofDevice(visit.place.device) : undefined;
      const first = box.sockets.size === 0;
      const idlest = box.sockets.size < (box.rules.quotas?.SOCKETS ?? Infinity) ? undefined : box.sockets.idlest();
      const crowded = old === undefined ? idlest : undefined;
      if (crowded !== undefined) {
        end(box, crowded, "crowded_out");
        this.#changed(box, "disconnect", crowded);
      }
      if (old !== undefined) {
        end(box, old, "replaced");
        this.#changed(box, "disconnect", old);
      }
      this.#changed(box, "connect", open(box, visit, pair[1]));
      if (first) announce(box);
    });
    const headers: HeadersInit = visit.answer === null ? {} : { "Sec-WebSocket-Protocol": visit.answer };
    return new Response(null, { status: 101, webSocket: pair[0], headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const box = this.#box();
    const session = box.sockets.of(ws);
    if (session === undefined) return;
    session.heard = Date.now();
    const over = isOver(box, session);
    if (over === null && receive(box, session, data)) return;
    box.turn.now(() => end(box, session, over ?? "too_large"));
    this.#left(box, session);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    const box = this.#box();
    const session = box.sockets.of(ws);
    if (session !== undefined) {
      box.turn.now(() => leave(box, session));
      this.#left(box, session);
    }
    box.sockets.answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006);
  }

  override alarm(): void {
    const box = this.#box();
    box.turn.now(() => box.lanes.ring());
  }

  deliver(delivery: Delivery): Promise<Reply> {
    const box = this.#box(delivery.to);
    return box.turn.joined(() => deliver(box, delivery));
  }

  signal(signal: Signal): Promise<void> {
    hear(this.#box(signal.to), signal);
    return Promise.resolve();
  }

  presence(name: string, asker: string): Promise<Presence | null> {
    return Promise.resolve(presenceFor(this.#box(name), asker));
  }

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#box(name).sockets.size);
  }

  account(visitor: Visitor): Promise<Answer<{ readonly userName: string; readonly created: number | null }>> {
    return this.#for(visitor, account);
  }

  claim(name: string, claimed: Parameters<typeof claim>[1]): Promise<Answer<{ readonly id: string }>> {
    const box = this.#box(name);
    return box.turn.joined(() => claim(box, claimed));
  }

  recover(name: string, hash: string, next: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#box(name);
    return box.turn.joined(() => recover(box, hash, next, token));
  }

  link(name: string, hash: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#box(name);
    return box.turn.joined(() => link(box, hash, token));
  }

  linkCode(visitor: Visitor, hash: string): Promise<Answer<number>> {
    return this.#for(visitor, (box) => linkCode(box, hash));
  }

  recoveryCode(visitor: Visitor, hash: string): Promise<Answer<null>> {
    return this.#for(visitor, (box) => recoveryCode(box, hash));
  }

  devices(visitor: Visitor): Promise<Answer<readonly SignedIn[]>> {
    return this.#for(visitor, (box) => devices(box, visitor.proof));
  }

  signOut(visitor: Visitor, device: string | null): Promise<Answer<null>> {
    return this.#answer(visitor, (box) => signOut(box, visitor.proof, device));
  }

  /** Those who stand so, by name. */
  standing(visitor: Visitor, standing: Standing): Promise<Answer<readonly string[]>> {
    return this.#for(visitor, (box) => box.log.contacts.all(standing));
  }

  accept(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#answer(visitor, (box) => accept(box, name));
  }

  block(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#answer(visitor, (box) => block(box, name));
  }

  unblock(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#answer(visitor, (box) => unblock(box, name));
  }

  /** As JSON text; see browse.ts. */
  conversations(visitor: Visitor, range: Range): Promise<Answer<string>> {
    return this.#for(visitor, (box) => conversations(box, range));
  }

  /** As JSON text; see browse.ts. */
  messages(visitor: Visitor, peer: string, range: Range): Promise<Answer<string>> {
    return this.#for(visitor, (box) => messages(box, peer, range));
  }

  /** Changes what is given, and returns what holds then. */
  settings(visitor: Visitor, change: Partial<Settings>): Promise<Answer<Settings>> {
    return this.#for(visitor, (box) => settings(box, change));
  }

  /** Does `work` in a group for whoever may come in. */
  #for<T>(visitor: Visitor, work: (box: Parts) => T): Promise<Answer<T>> {
    return this.#answer(visitor, (box) => ({ value: work(box) }));
  }

  #answer<T>({ name, proof }: Visitor, work: (box: Parts) => Answer<T>): Promise<Answer<T>> {
    const box = this.#box(name);
    return box.turn.joined(() => {
      const no = objectionTo(box, proof);
      return no === null ? work(box) : { refused: no };
    });
  }

  #changed(box: Parts, event: "connect" | "disconnect", session: Session): void {
    this.ctx.waitUntil(box.tally.changed({ event, device: session.device, sockets: box.sockets.size }));
  }

  #left(box: Parts, session: Session): void {
    this.#changed(box, "disconnect", session);
    if (box.sockets.size === 0) announce(box);
  }

  /**
   * The parts, put together at the first event after a wake. `ctx.id.name` is missing where the call came from another local
   * process (seen with workerd 2026-10-23), so callers pass the name along, and the log keeps it for alarms.
   */
  #box(name?: string): Parts {
    if (this.#parts !== null) return this.#parts;
    const { ctx, env } = this;
    const log = new Log(ctx.storage.sql, retentionOf(env));
    const user = log.life?.name ?? name ?? ctx.id.name;
    if (user === undefined) throw new Error("an event for a mailbox that never began");
    const sockets = new Sockets(ctx);
    // What the sockets carried before they slept is not in any row yet; the authors have heard of it.
    for (const session of sockets.all()) if (session.carries) log.devices.carry(session.acked);
    const turn = new Turn(
      () => this.#seal(),
      () => ctx.storage.sync(),
      (error) => this.#broken(user, error),
    );
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
    return (this.#parts = { user, log, sockets, turn, rules, who, lanes, peers, tally, background });
  }

  /** The end of a group: first everything that is written, then everything that is told. */
  #seal(): boolean {
    const box = this.#box();
    for (const session of box.sockets.all()) {
      const over = isOver(box, session);
      if (over === null) continue;
      end(box, session, over);
      this.#left(box, session);
    }
    keepCursors(box);
    const wrote = box.log.seal(() => box.lanes.firstOwed);
    box.lanes.arm();
    for (const session of box.sockets.all()) {
      if (pump(box, session)) box.turn.join(() => undefined);
    }
    box.sockets.flush();
    box.log.trimSometimes(() => box.lanes.firstOwed);
    box.lanes.start();
    return wrote;
  }

  /** Memory may be ahead of the disk: nothing is told, and the object starts again from what is on disk. */
  #broken(user: string, error: unknown): void {
    note("broken", { user, reason: reasonOf(error) });
    this.ctx.abort("the mailbox could not finish a group and starts again");
  }
}
