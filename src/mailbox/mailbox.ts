// One user's mailbox: the log, the sockets, the lanes. This file only wires the verbs to the runtime's events.
import { counts } from "../protocol/counters.ts";
import type { Range } from "../protocol/list-range.ts";
import type { PageAsked } from "../protocol/log-page.ts";
import type { Outcome, Sending } from "../protocol/http-messages.ts";
import type { Service, ServiceOrder } from "../protocol/service.ts";
import { unpack } from "../protocol/packed-delivery.ts";
import { note } from "../protocol/log-events.ts";
import { placed } from "../protocol/jurisdiction.ts";
import type { Order, Told } from "../protocol/operator-orders.ts";
import type { Delivery, MailboxCalls, PackedDelivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { readVisit, type Visit } from "../protocol/connection-request.ts";
import type { Answer, Settings, Visitor } from "../protocol/caller.ts";
import { isOver, objectionTo } from "./access/account.ts";
import { AccountCalls } from "./calls.ts";
import { objectionToExport } from "./limits/allowance.ts";
import { conversations, messages } from "./reading/read-conversations.ts";
import { FRESH, FROM_CENSUS } from "../durable/call-budget.ts";
import { accept, block, unblock } from "./access/contacts.ts";
import { deliver } from "./delivery/accept-delivery.ts";
import { ack, entries } from "./reading/read-log.ts";
import { exported } from "./admin/export-mailbox.ts";
import { end } from "./connections/disconnect.ts";
import type { Standing } from "./log/contact-rows.ts";
import { objection } from "./connections/connect.ts";
import { objectionToUnproved } from "./access/fresh-proof.ts";
import { receive, receiveLate } from "./connections/receive-text.ts";
import { restore } from "./admin/restore.ts";
import { send } from "./delivery/send-over-http.ts";
import { serve } from "./services/service-admin.ts";
import { settings } from "./access/settings.ts";
import { hear, presenceFor } from "./presence/signals.ts";
import { Stream } from "./connections/event-stream.ts";
import { type Parts, Wiring } from "./assemble.ts";

export class Mailbox extends AccountCalls implements MailboxCalls {
  readonly #wiring: Wiring;

  constructor(ctx: DurableObjectState, env: Env) {
    const wiring = new Wiring(ctx, placed(env));
    super(ctx, env, wiring);
    this.#wiring = wiring;
  }

  /** Opens a socket for a visit that the Worker let in: 101, or a refusal's status and its code as JSON. */
  override async fetch(request: Request): Promise<Response> {
    const visit = readVisit(request);
    const box = this.#wiring.enter(visit.name);
    const no = objection(box, visit);
    if (no !== null) return Response.json(no, { status: 400 });
    if (visit.dialect === V1 && visit.stream === true) return this.#stream(box, visit);
    const pair = new WebSocketPair();
    this.#wiring.admit(box, visit, pair[1]);
    const headers: HeadersInit = visit.answer === null ? {} : { "Sec-WebSocket-Protocol": visit.answer };
    return new Response(null, { status: 101, webSocket: pair[0], headers });
  }

  /** As a socket, but as server-sent events, for places where WebSockets don't pass. */
  #stream(box: Parts, visit: Visit): Response {
    const { epoch } = box.log.found(box.user);
    const stream = new Stream(
      epoch,
      () => this.ctx.storage.sync(),
      (gone) => this.#wiring.gone(gone),
    );
    this.#wiring.admit(box, visit, stream);
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const box = this.#wiring.enter(undefined, FRESH);
    const session = box.sockets.of(ws);
    if (session === undefined) return receiveLate(box, data);
    session.heard = Date.now();
    const over = isOver(box, session);
    if (over === null && receive(box, session, data)) return;
    box.turn.now(() => end(box, session, over ?? "too_large"));
    this.#wiring.left(box, session);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    const box = this.#wiring.enter(undefined, FRESH);
    this.#wiring.gone(ws);
    box.sockets.answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006);
  }

  override alarm(): void {
    counts.alarms++;
    this.#wiring.ring();
  }

  deliver(said: Delivery | PackedDelivery): Promise<Reply> {
    const delivery = unpack(said);
    const box = this.#wiring.enter(delivery.to, (delivery.hops ?? 0) + 1);
    const work = () => deliver(box, delivery);
    return delivery.envelopes.length > 0 ? box.turn.joined(work) : box.turn.joinedSoon(work);
  }

  signal(signal: Signal): Promise<void> {
    hear(this.#wiring.enter(signal.to, (signal.hops ?? 0) + 1), signal);
    return Promise.resolve();
  }

  presence(name: string, asker: string, hops = 0): Promise<Presence | null> {
    return Promise.resolve(presenceFor(this.#wiring.enter(name, hops + 1), asker));
  }

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#wiring.enter(name, FROM_CENSUS).sockets.size);
  }

  /** Sends as the visitor; resolves when of each message is certain what the socket would have said. */
  async send(visitor: Visitor, sending: Sending): Promise<Answer<readonly Outcome[]>> {
    const begun = await this.#wiring.answer(visitor, (box) => send(box, sending));
    return "refused" in begun ? begun : { value: await Promise.all(begun.value) };
  }

  /** As JSON text; see entries.ts. */
  entries(visitor: Visitor, asked: PageAsked): Promise<Answer<string>> {
    return this.#wiring.answer(visitor, (box) => entries(box, asked));
  }

  /** A device holds everything up to `seq`. */
  ack(visitor: Visitor, device: string, seq: number): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => {
      const no = ack(box, device, seq);
      return no === null ? { value: null } : { refused: no };
    });
  }

  /** Those who stand so, by name. */
  standing(visitor: Visitor, standing: Standing): Promise<Answer<readonly string[]>> {
    return this.#wiring.for(visitor, (box) => box.log.contacts.all(standing));
  }

  accept(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => accept(box, name));
  }

  block(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => block(box, name));
  }

  unblock(visitor: Visitor, name: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => unblock(box, name));
  }

  /** What an operator has a service account do. The Worker has seen to it that it is an operator who asks. */
  async service(name: string, order: ServiceOrder): Promise<Answer<Service>> {
    const box = this.#wiring.enter(name);
    if (order.is === "create" && (await this.#wiring.wasErasing(box))) return { refused: refusal("name_taken") };
    return box.turn.joined(() => serve(box, order));
  }

  /** What an operator has it tell or do; see operate.ts. The Worker has seen to it that an operator asks. */
  operate(name: string, order: Order): Promise<Answer<Told[Order["is"]]>> {
    return this.#wiring.operate(name, order);
  }

  /** Sets it back to how it was, for an operator. */
  restore(name: string, at: number): Promise<Answer<{ readonly undo: string }>> {
    return restore(this.ctx, this.#wiring.enter(name), at);
  }

  /** Everything that is kept, as JSON Lines. */
  export(visitor: Visitor): Promise<Answer<ReadableStream<Uint8Array>>> {
    const work = (box: Parts): Answer<ReadableStream<Uint8Array>> => {
      // Its lines are read later; what is kept is about what they are.
      const no = visitor.proof.is === "operator" ? null : objectionToExport(box, box.log.sql.bytes);
      return no === null ? { value: exported(box) } : { refused: no };
    };
    return this.#wiring.answer(visitor, work, { even: "suspended" });
  }

  /** Everything gone, but for the word that this name was somebody's. */
  async erase(visitor: Visitor): Promise<Answer<null>> {
    const box = this.#wiring.enter(visitor.name);
    const no = objectionTo(box, visitor.proof, "suspended") ?? objectionToUnproved(box, visitor.proof);
    if (no !== null) return { refused: no };
    if (visitor.proof.is !== "operator") note("account_erased", { user: box.user });
    await this.#wiring.erase(box);
    return { value: null };
  }

  /** As JSON text; see browse.ts. */
  conversations(visitor: Visitor, range: Range): Promise<Answer<string>> {
    return this.#wiring.for(visitor, (box) => conversations(box, range));
  }

  /** As JSON text; see browse.ts. */
  messages(visitor: Visitor, peer: string, range: Range): Promise<Answer<string>> {
    return this.#wiring.for(visitor, (box) => messages(box, peer, range));
  }

  /** Changes what is given, and returns what holds then. */
  settings(visitor: Visitor, change: Partial<Settings>): Promise<Answer<Settings>> {
    return this.#wiring.for(visitor, (box) => settings(box, change));
  }
}
