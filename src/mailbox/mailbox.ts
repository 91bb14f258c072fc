// One user's mailbox: the log, the sockets, the lanes. This file only wires the verbs to the runtime's events.
import { counters } from "../protocol/counters.ts";
import type { ListRange } from "../protocol/list-range.ts";
import type { LogPageQuery } from "../protocol/log-page.ts";
import type { Outcome, Sending } from "../protocol/http-messages.ts";
import type { Service, ServiceOrder } from "../protocol/service.ts";
import { unpack } from "../protocol/packed-delivery.ts";
import { logEvent } from "../protocol/log-events.ts";
import { withJurisdiction } from "../protocol/jurisdiction.ts";
import type { Order, OrderResult } from "../protocol/operator-orders.ts";
import type { Delivery, MailboxCalls, PackedDelivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { readConnectionRequest, type ConnectionRequest } from "../protocol/connection-request.ts";
import type { CallResult, Settings, Caller } from "../protocol/caller.ts";
import { whyOver, checkAccess } from "./access/account.ts";
import { AccountCalls } from "./calls.ts";
import { checkExportAllowance } from "./limits/allowance.ts";
import { readConversations, readMessages } from "./reading/read-conversations.ts";
import { DEPTH_OF_EVENT, DEPTH_FROM_CENSUS } from "../durable/call-budget.ts";
import { accept, block, unblock } from "./access/contacts.ts";
import { acceptDelivery } from "./delivery/accept-delivery.ts";
import { acknowledgeOverHttp, readEntries } from "./reading/read-log.ts";
import { exportMailbox } from "./admin/export-mailbox.ts";
import { closeWithCode } from "./connections/disconnect.ts";
import type { Standing } from "./log/peers/contact-rows.ts";
import { checkConnect } from "./connections/connect.ts";
import { checkFreshProof } from "./access/fresh-proof.ts";
import { receiveText, receiveAfterClose } from "./connections/receive-text.ts";
import { restore } from "./admin/restore.ts";
import { sendOverHttp } from "./delivery/send-over-http.ts";
import { administerService } from "./services/service-admin.ts";
import { settings } from "./access/settings.ts";
import { acceptSignal, presenceFor } from "./presence/signals.ts";
import { EventStream } from "./connections/event-stream.ts";
import { type AssembledContext, Assembly } from "./assemble.ts";

export class Mailbox extends AccountCalls implements MailboxCalls {
  readonly #assembly: Assembly;

  constructor(ctx: DurableObjectState, env: Env) {
    const assembly = new Assembly(ctx, withJurisdiction(env));
    super(ctx, env, assembly);
    this.#assembly = assembly;
  }

  /** Opens a socket for a visit that the Worker let in: 101, or a refusal's status and its code as JSON. */
  override async fetch(request: Request): Promise<Response> {
    const visit = readConnectionRequest(request);
    const context = this.#assembly.enter(visit.name);
    const no = checkConnect(context, visit);
    if (no !== null) return Response.json(no, { status: 400 });
    if (visit.dialect === V1 && visit.stream === true) return this.#stream(context, visit);
    const pair = new WebSocketPair();
    this.#assembly.admit(context, visit, pair[1]);
    const headers: HeadersInit = visit.answer === null ? {} : { "Sec-WebSocket-Protocol": visit.answer };
    return new Response(null, { status: 101, webSocket: pair[0], headers });
  }

  /** As a socket, but as server-sent events, for places where WebSockets don't pass. */
  #stream(context: AssembledContext, visit: ConnectionRequest): Response {
    const { epoch } = context.log.ensureCreated(context.user);
    const stream = new EventStream(
      epoch,
      () => this.ctx.storage.sync(),
      (gone) => this.#assembly.gone(gone),
    );
    this.#assembly.admit(context, visit, stream);
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const context = this.#assembly.enter(undefined, DEPTH_OF_EVENT);
    const session = context.sockets.of(ws);
    if (session === undefined) return receiveAfterClose(context, data);
    session.heardAt = Date.now();
    const over = whyOver(context, session);
    if (over === null && receiveText(context, session, data)) return;
    context.groupCommit.runNow(() => closeWithCode(context, session, over ?? "too_large"));
    this.#assembly.left(context, session);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    const context = this.#assembly.enter(undefined, DEPTH_OF_EVENT);
    this.#assembly.gone(ws);
    context.sockets.answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006);
  }

  override alarm(): void {
    counters.alarms++;
    this.#assembly.ring();
  }

  deliver(said: Delivery | PackedDelivery): Promise<Reply> {
    const delivery = unpack(said);
    const context = this.#assembly.enter(delivery.to, (delivery.hops ?? 0) + 1);
    const work = () => acceptDelivery(context, delivery);
    return delivery.envelopes.length > 0 ? context.groupCommit.run(work) : context.groupCommit.runSoon(work);
  }

  signal(signal: Signal): Promise<void> {
    acceptSignal(this.#assembly.enter(signal.to, (signal.hops ?? 0) + 1), signal);
    return Promise.resolve();
  }

  presence(name: string, asker: string, hops = 0): Promise<Presence | null> {
    return Promise.resolve(presenceFor(this.#assembly.enter(name, hops + 1), asker));
  }

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#assembly.enter(name, DEPTH_FROM_CENSUS).sockets.size);
  }

  /** Sends as the visitor; resolves when of each message is certain what the socket would have said. */
  async send(visitor: Caller, sending: Sending): Promise<CallResult<readonly Outcome[]>> {
    const begun = await this.#assembly.answer(visitor, (context) => sendOverHttp(context, sending));
    return "refused" in begun ? begun : { value: await Promise.all(begun.value) };
  }

  /** As JSON text; see entries.ts. */
  entries(visitor: Caller, asked: LogPageQuery): Promise<CallResult<string>> {
    return this.#assembly.answer(visitor, (context) => readEntries(context, asked));
  }

  /** A device holds everything up to `seq`. */
  ack(visitor: Caller, device: string, seq: number): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => {
      const no = acknowledgeOverHttp(context, device, seq);
      return no === null ? { value: null } : { refused: no };
    });
  }

  /** Those who stand so, by name. */
  standing(visitor: Caller, standing: Standing): Promise<CallResult<readonly string[]>> {
    return this.#assembly.for(visitor, (context) => context.log.contacts.all(standing));
  }

  accept(visitor: Caller, name: string): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => accept(context, name));
  }

  block(visitor: Caller, name: string): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => block(context, name));
  }

  unblock(visitor: Caller, name: string): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => unblock(context, name));
  }

  /** What an operator has a service account do. The Worker has seen to it that it is an operator who asks. */
  async service(name: string, order: ServiceOrder): Promise<CallResult<Service>> {
    const context = this.#assembly.enter(name);
    if (order.is === "create" && (await this.#assembly.wasErasing(context))) return { refused: refusal("name_taken") };
    return context.groupCommit.run(() => administerService(context, order));
  }

  /** What an operator has it tell or do; see operate.ts. The Worker has seen to it that an operator asks. */
  operate(name: string, order: Order): Promise<CallResult<OrderResult[Order["is"]]>> {
    return this.#assembly.operate(name, order);
  }

  /** Sets it back to how it was, for an operator. */
  restore(name: string, at: number): Promise<CallResult<{ readonly undo: string }>> {
    return restore(this.ctx, this.#assembly.enter(name), at);
  }

  /** Everything that is kept, as JSON Lines. */
  export(visitor: Caller): Promise<CallResult<ReadableStream<Uint8Array>>> {
    const work = (context: AssembledContext): CallResult<ReadableStream<Uint8Array>> => {
      // Its lines are read later; what is kept is about what they are.
      const no = visitor.proof.is === "operator" ? null : checkExportAllowance(context, context.log.sql.bytes);
      return no === null ? { value: exportMailbox(context) } : { refused: no };
    };
    return this.#assembly.answer(visitor, work, { even: "suspended" });
  }

  /** Everything gone, but for the word that this name was somebody's. */
  async erase(visitor: Caller): Promise<CallResult<null>> {
    const context = this.#assembly.enter(visitor.name);
    const no = checkAccess(context, visitor.proof, "suspended") ?? checkFreshProof(context, visitor.proof);
    if (no !== null) return { refused: no };
    if (visitor.proof.is !== "operator") logEvent("account_erased", { user: context.user });
    await this.#assembly.erase(context);
    return { value: null };
  }

  /** As JSON text; see browse.ts. */
  conversations(visitor: Caller, range: ListRange): Promise<CallResult<string>> {
    return this.#assembly.for(visitor, (context) => readConversations(context, range));
  }

  /** As JSON text; see browse.ts. */
  messages(visitor: Caller, peer: string, range: ListRange): Promise<CallResult<string>> {
    return this.#assembly.for(visitor, (context) => readMessages(context, peer, range));
  }

  /** Changes what is given, and returns what holds then. */
  settings(visitor: Caller, change: Partial<Settings>): Promise<CallResult<Settings>> {
    return this.#assembly.for(visitor, (context) => settings(context, change));
  }
}
