// One user's mailbox: the log, the sockets, the lanes. This file only wires the verbs to the runtime's events.
import { DurableObject } from "cloudflare:workers";
import { shardOf } from "../protocol/census.ts";
import type { Delivery, MailboxCalls, Reply } from "../protocol/envelope.ts";
import { note, reasonOf } from "../protocol/journal.ts";
import { refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { readVisit } from "../protocol/visit.ts";
import { keepCursors } from "./ack.ts";
import type { Box } from "./box.ts";
import { deliver } from "./deliver.ts";
import { Lanes } from "./lanes.ts";
import { end, leave } from "./leave.ts";
import { Log } from "./log.ts";
import { objection, open } from "./open.ts";
import { callDeliver, callReport } from "./peers.ts";
import { pump } from "./pump.ts";
import { receive } from "./receive.ts";
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
    if (no !== null)
      return Response.json(refusal(no, "cursor is beyond what any mailbox can have given"), { status: 400 });
    const pair = new WebSocketPair();
    box.turn.now(() => {
      const old = visit.dialect === V1 ? box.sockets.ofDevice(visit.place.device) : undefined;
      if (old !== undefined) {
        end(box, old, "replaced");
        this.#changed(box, "disconnect", old);
      }
      this.#changed(box, "connect", open(box, visit, pair[1]));
    });
    const headers: HeadersInit = visit.answer === null ? {} : { "Sec-WebSocket-Protocol": visit.answer };
    return new Response(null, { status: 101, webSocket: pair[0], headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const box = this.#box();
    const session = box.sockets.of(ws);
    if (session === undefined || receive(box, session, data)) return;
    box.turn.now(() => end(box, session, "too_large"));
    this.#changed(box, "disconnect", session);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    const box = this.#box();
    const session = box.sockets.of(ws);
    if (session !== undefined) {
      box.turn.now(() => leave(box, session));
      this.#changed(box, "disconnect", session);
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

  countSockets(name: string): Promise<number> {
    return Promise.resolve(this.#box(name).sockets.size);
  }

  #changed(box: Parts, event: "connect" | "disconnect", session: Session): void {
    this.ctx.waitUntil(box.tally.changed({ event, device: session.device, sockets: box.sockets.size }));
  }

  /**
   * The parts, put together at the first event after a wake. `ctx.id.name` is missing where the call came from another local
   * process (seen with workerd 2026-10-23), so callers pass the name along, and the log keeps it for alarms.
   */
  #box(name?: string): Parts {
    if (this.#parts !== null) return this.#parts;
    const { ctx, env } = this;
    const log = new Log(ctx.storage.sql);
    const user = log.life?.name ?? name ?? ctx.id.name;
    if (user === undefined) throw new Error("an event for a mailbox that never began");
    const sockets = new Sockets(ctx);
    // What the sockets carried before they slept is not in any row yet.
    for (const session of sockets.all()) if (session.carries) log.carry(session.acked);
    const turn = new Turn(
      () => this.#seal(),
      () => ctx.storage.sync(),
      (error) => this.#broken(user, error),
    );
    const lanes = new Lanes(log, turn, {
      deliver: (delivery) => callDeliver(env, delivery),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      deleteAlarm: () => void ctx.storage.deleteAlarm(),
    });
    const tally = new Tally({ user, shard: shardOf(user) }, (count) => callReport(env, user, count));
    return (this.#parts = { user, log, sockets, turn, lanes, tally });
  }

  /** The end of a group: first everything that is written, then everything that is told. */
  #seal(): boolean {
    const box = this.#box();
    keepCursors(box);
    const wrote = box.log.seal(() => box.lanes.firstOwed);
    box.lanes.arm();
    for (const session of box.sockets.all()) {
      if (pump(box, session)) box.turn.join(() => undefined);
    }
    box.sockets.flush();
    box.lanes.start();
    return wrote;
  }

  /** Memory may be ahead of the disk: nothing is told, and the object starts again from what is on disk. */
  #broken(user: string, error: unknown): void {
    note("broken", { user, reason: reasonOf(error) });
    this.ctx.abort("the mailbox could not finish a group and starts again");
  }
}
