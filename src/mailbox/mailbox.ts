// One user's mailbox: the log, the sockets, the lanes. This file only wires the verbs to the runtime's events.
import { DurableObject } from "cloudflare:workers";
import type { NewToken, Passkey, PasskeyOptions } from "../protocol/account.ts";
import { counts } from "../protocol/counts.ts";
import type { Range } from "../protocol/browse.ts";
import type { PageAsked } from "../protocol/entries.ts";
import type { Outcome, Sending } from "../protocol/message.ts";
import type { Service, ServiceOrder } from "../protocol/service.ts";
import { unpack } from "../protocol/packed.ts";
import { placed } from "../protocol/place.ts";
import type { Order, Told } from "../protocol/operate.ts";
import type { Delivery, MailboxCalls, PackedDelivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { V1 } from "../protocol/version.ts";
import { readVisit, type Visit } from "../protocol/visit.ts";
import type { Answer, Settings, SignedInDevice, Visitor } from "../protocol/visitor.ts";
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
import { conversations, messages } from "./browse.ts";
import { makeChallenge, type Purpose, randomText, readChallenge } from "./challenge.ts";
import { accept, block, unblock } from "./contacts.ts";
import { deliver } from "./deliver.ts";
import { ack, entries } from "./entries.ts";
import { farewell } from "./erase.ts";
import { exported } from "./export.ts";
import { end } from "./leave.ts";
import type { Standing } from "./log/contact-rows.ts";
import { objection } from "./open.ts";
import { addPasskey, enter, removePasskey } from "./passkeys.ts";
import { receive, receiveLate } from "./receive.ts";
import { restore } from "./restore.ts";
import { send } from "./send.ts";
import { serve } from "./service.ts";
import { settings } from "./settings.ts";
import { hear, presenceFor } from "./signal.ts";
import { Stream } from "./stream.ts";
import { type Parts, Wiring } from "./wiring.ts";

export class Mailbox extends DurableObject<Env> implements MailboxCalls {
  readonly #wiring: Wiring;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#wiring = new Wiring(ctx, placed(env));
  }

  /** Opens a socket for a visit that the Worker let in: 101, or a refusal's status and its code as JSON. */
  override async fetch(request: Request): Promise<Response> {
    const visit = readVisit(request);
    const box = this.#wiring.box(visit.name);
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
    const box = this.#wiring.box();
    const session = box.sockets.of(ws);
    if (session === undefined) return receiveLate(box, data);
    session.heard = Date.now();
    const over = isOver(box, session);
    if (over === null && receive(box, session, data)) return;
    box.turn.now(() => end(box, session, over ?? "too_large"));
    this.#wiring.left(box, session);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    this.#wiring.gone(ws);
    this.#wiring.box().sockets.answerClose(ws, code);
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
    const box = this.#wiring.box(delivery.to);
    const work = () => deliver(box, delivery);
    return delivery.envelopes.length > 0 ? box.turn.joined(work) : box.turn.joinedSoon(work);
  }

  signal(signal: Signal): Promise<void> {
    hear(this.#wiring.box(signal.to), signal);
    return Promise.resolve();
  }

  presence(name: string, asker: string): Promise<Presence | null> {
    return Promise.resolve(presenceFor(this.#wiring.box(name), asker));
  }

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#wiring.box(name).sockets.size);
  }

  account(visitor: Visitor): Promise<Answer<{ readonly userName: string; readonly created: number | null }>> {
    return this.#wiring.for(visitor, account);
  }

  claim(name: string, claimed: Parameters<typeof claim>[1]): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.box(name);
    return box.turn.joined(() => claim(box, claimed));
  }

  recover(name: string, hash: string, next: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.box(name);
    return box.turn.joined(() => recover(box, hash, next, token));
  }

  link(name: string, hash: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.box(name);
    return box.turn.joined(() => link(box, hash, token));
  }

  linkCode(visitor: Visitor, hash: string): Promise<Answer<number>> {
    return this.#wiring.for(visitor, (box) => linkCode(box, hash));
  }

  recoveryCode(visitor: Visitor, hash: string): Promise<Answer<null>> {
    return this.#wiring.for(visitor, (box) => recoveryCode(box, hash));
  }

  devices(visitor: Visitor): Promise<Answer<readonly SignedInDevice[]>> {
    return this.#wiring.for(visitor, (box) => devices(box, visitor.proof));
  }

  signOut(visitor: Visitor, device: string | null): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => signOut(box, visitor.proof, device));
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

  /** What an authenticator needs to make a passkey for this account. */
  async passkeyOptions(visitor: Visitor): Promise<Answer<PasskeyOptions>> {
    const answer = await this.#wiring.for(visitor, (box) => box.log.account.account?.secret);
    if ("refused" in answer) return answer;
    return { value: await this.#options(visitor.name, "add", answer.value) };
  }

  /** What an authenticator needs to sign in; for a name that nobody has it looks the same, and leads nowhere. */
  enterOptions(name: string): Promise<PasskeyOptions> {
    return this.#options(name, "enter", this.#wiring.box(name).log.account.account?.secret);
  }

  passkeys(visitor: Visitor): Promise<Answer<readonly Passkey[]>> {
    return this.#wiring.for(visitor, (box) => box.log.account.passkeys());
  }

  passkey(name: string, id: string): Promise<Passkey | null> {
    return Promise.resolve(
      this.#wiring
        .box(name)
        .log.account.passkeys()
        .find((one) => one.id === id) ?? null,
    );
  }

  async addPasskey(visitor: Visitor, text: string, passkey: Passkey): Promise<Answer<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "add", text);
    return this.#wiring.answer(visitor, (box) => addPasskey(box, challenge, passkey));
  }

  removePasskey(visitor: Visitor, id: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => removePasskey(box, id));
  }

  async enter(
    name: string,
    text: string,
    used: Parameters<typeof enter>[2],
    token: NewToken,
  ): Promise<Answer<{ readonly id: string }>> {
    const challenge = await readChallenge(this.#secret(name), "enter", text);
    const box = this.#wiring.box(name);
    return box.turn.joined(() => enter(box, challenge, used, token));
  }

  /** What an operator has a service account do. The Worker has seen to it that it is an operator who asks. */
  service(name: string, order: ServiceOrder): Promise<Answer<Service>> {
    const box = this.#wiring.box(name);
    return box.turn.joined(() => serve(box, order));
  }

  /** What an operator has it tell or do; see operate.ts. The Worker has seen to it that an operator asks. */
  operate(name: string, order: Order): Promise<Answer<Told[Order["is"]]>> {
    return this.#wiring.operate(name, order);
  }

  /** Sets it back to how it was, for an operator. */
  restore(name: string, at: number): Promise<Answer<{ readonly undo: string }>> {
    return restore(this.ctx, this.#wiring.box(name), at);
  }

  /** Everything that is kept, as JSON Lines. */
  export(visitor: Visitor): Promise<Answer<ReadableStream<Uint8Array>>> {
    return this.#wiring.for(visitor, exported);
  }

  /** Everything gone, but for the word that this name was somebody's. */
  async erase(visitor: Visitor): Promise<Answer<null>> {
    const box = this.#wiring.box(visitor.name);
    const no = objectionTo(box, visitor.proof);
    if (no !== null) return { refused: no };
    box.turn.end(() => farewell(box));
    this.ctx.waitUntil(box.tally.changed({ event: "disconnect", device: "", sockets: 0 }));
    box.log.erase();
    await this.ctx.storage.deleteAlarm();
    this.#wiring.forget();
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

  async #options(name: string, purpose: Purpose, secret = randomText()): Promise<PasskeyOptions> {
    const challenge = await makeChallenge(secret, purpose);
    const passkeys = this.#wiring.box(name).log.account.passkeys();
    return { challenge, passkeys: passkeys.map(({ id, transports }) => ({ id, transports })) };
  }

  #secret(name: string): string {
    return this.#wiring.box(name).log.account.account?.secret ?? randomText();
  }
}
