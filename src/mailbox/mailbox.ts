// One user's mailbox as a Durable Object. It passes the events of the platform, the calls of other objects, and those
// of the Worker (calls/) on to the folders, and decides nothing itself.
import { DurableObject } from "cloudflare:workers";
import type { Caller } from "../protocol/caller.ts";
import { readConnectionRequest } from "../protocol/connection-request.ts";
import { counters } from "../protocol/counters.ts";
import type { Delivery, MailboxCalls, PackedDelivery, Presence, Reply, Signal } from "../protocol/envelope.ts";
import { withJurisdiction } from "../protocol/jurisdiction.ts";
import { unpack } from "../protocol/packed-delivery.ts";
import { DEPTH_FROM_CENSUS, DEPTH_OF_EVENT } from "../durable/call-budget.ts";
import { type CallMethods, CALLS } from "./calls/calls.ts";
import type { Call } from "./calls/declare-call.ts";
import { onClientGone, onText } from "./connections/session-events.ts";
import { upgrade } from "./connections/upgrade.ts";
import { onDelivery } from "./delivery/accept-delivery.ts";
import { MailboxEvents } from "./instance/events.ts";
import { presenceFor } from "./people/presence.ts";
import { acceptSignal } from "./people/signals.ts";

/**
 * The platform repeats a failing alarm at most six times. From this retry on there is another one after SLOW_RETRY_MS.
 * Answers: a mailbox that fails for minutes, and then delivers nothing until somebody asks it.
 */
const LAST_RETRIES = 5;
const SLOW_RETRY_MS = 3_600_000;

/** DurableObject, with the types of the methods that the class below defines from the table of calls. */
const ObjectWithCalls = DurableObject as unknown as new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & CallMethods;

export class Mailbox extends ObjectWithCalls implements MailboxCalls {
  readonly #events: MailboxEvents;

  static {
    // On the prototype, because RPC does not find methods of the instance.
    const calls = Object.entries(CALLS) as [string, Call<Caller | string, unknown[], unknown>][];
    for (const [name, call] of calls) {
      const value = function (this: Mailbox, who: Caller | string, ...args: unknown[]) {
        this.#events.enter(typeof who === "string" ? who : who.name);
        return call(this.#events, who, ...args);
      };
      Object.defineProperty(Mailbox.prototype, name, { value, writable: true, configurable: true });
    }
  }

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#events = new MailboxEvents(ctx, withJurisdiction(env));
  }

  /** Opens a socket or an event stream. */
  override async fetch(request: Request): Promise<Response> {
    return upgrade(this.#events, readConnectionRequest(request));
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const context = this.#events.enter(undefined, DEPTH_OF_EVENT);
    onText(context, ws, data);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    const context = this.#events.enter(undefined, DEPTH_OF_EVENT, ws);
    onClientGone(context, ws);
    context.sockets.answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006);
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    counters.alarms++;
    if ((info?.retryCount ?? 0) >= LAST_RETRIES) {
      // Before the work, which may reset the object. If the work succeeds, it sets the alarm that it needs.
      await this.ctx.storage.setAlarm(Date.now() + SLOW_RETRY_MS);
      await this.ctx.storage.sync();
    }
    this.#events.onAlarm();
  }

  deliver(sent: Delivery | PackedDelivery): Promise<Reply> {
    const delivery = unpack(sent);
    const context = this.#events.enter(delivery.to, (delivery.hops ?? 0) + 1);
    return onDelivery(context, delivery);
  }

  signal(signal: Signal): Promise<void> {
    acceptSignal(this.#events.enter(signal.to, (signal.hops ?? 0) + 1), signal);
    return Promise.resolve();
  }

  presence(name: string, asker: string, hops = 0): Promise<Presence | null> {
    return Promise.resolve(presenceFor(this.#events.enter(name, hops + 1), asker));
  }

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#events.enter(name, DEPTH_FROM_CENSUS).sockets.size);
  }
}
