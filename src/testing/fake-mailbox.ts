// A mailbox in memory: it takes sends by the rules of ids, resumes devices at their cursors, and keeps marks. It speaks
// to its devices; what lies outside, it asks of the server that it was made by.
import type { Marks } from "../client/store.ts";
import type { Down, Frame } from "../protocol/down.ts";
import { LIMITS } from "../protocol/limits.ts";
import { FakeLog, type LogFrame, type MessageFrame } from "./fake-log.ts";
import type { FakeSocket, SocketOwner } from "./fake-socket.ts";

/** A frame of a device. */
export type Up = Readonly<Record<string, unknown>>;

/** A message that a device sends. */
export interface Send {
  readonly id: number;
  readonly to: string;
  readonly body: unknown;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retryAfter?: number;
  readonly affects?: string;
}

export type Answer = Frame<"accepted" | "refused">;

/** What a mailbox asks of its server. */
export interface Outside {
  /** Why the user may not send this, or null. */
  refusalOf(message: { readonly from: string; readonly to: string; readonly body: unknown }): Refusal | null;
  /** An own message is in the log: what becomes of it. */
  forward(message: MessageFrame): "stored" | "queued";
  /** The user's devices have messages of `peer` up to an origin, or the user has read them. */
  report(peer: string, marks: { readonly delivered: number; readonly read?: number }): void;
  typing(to: string): void;
  /** A device names the users whose presence it wants. */
  watch(socket: FakeSocket, peers: readonly string[]): void;
  /** The first connection has begun, or the last one has ended. */
  presenceChanged(): void;
  /** What the user is called; null where there never was a name. */
  displayName(): string | null;
}

/** The first head: seqs of a mailbox begin high. */
const FIRST_HEAD = 1_000;

export class FakeMailbox implements SocketOwner {
  readonly user: string;
  readonly log = new FakeLog(FIRST_HEAD);
  readonly sockets = new Set<FakeSocket>();
  readonly #outside: Outside;
  /** The highest seq that each device has acknowledged. */
  readonly #acked = new Map<string, number>();

  constructor(user: string, outside: Outside) {
    this.user = user;
    this.#outside = outside;
  }

  get isOnline(): boolean {
    return this.sockets.size > 0;
  }

  /** A message of another user arrives. */
  receive(from: string, body: unknown, origin: number, isRequest = false): MessageFrame {
    const about = { type: "message", from, to: this.user, at: Date.now(), body, origin } as const;
    const entry = this.log.add<MessageFrame>(isRequest ? { ...about, request: true } : about);
    this.emit(entry);
    return entry;
  }

  raise(peer: string, marks: Partial<Marks>): void {
    const frame = this.log.raise(peer, marks);
    if (frame !== null) this.emit(frame);
  }

  /** The user has read everything of a conversation. */
  readAll(peer: string): void {
    const last = this.log.messages.findLast(({ from }) => from === peer);
    if (last !== undefined) this.#read(peer, last.seq);
  }

  /** To all devices. */
  emit(frame: Down, sender?: FakeSocket): void {
    for (const socket of this.sockets) {
      if (socket.isWelcomed) socket.deliver(frame.type === "message" ? this.carbonFor(socket, frame, sender) : frame);
    }
  }

  connected(socket: FakeSocket): void {
    for (const other of this.sockets) if (other.device === socket.device) other.end(4409, "replaced");
    this.sockets.add(socket);
    this.sendFirst(socket, this.firstFrames(socket));
    if (this.sockets.size === 1) this.#outside.presenceChanged();
  }

  closed(socket: FakeSocket): void {
    if (this.sockets.delete(socket) && this.sockets.size === 0) this.#outside.presenceChanged();
  }

  /** A text of a device. */
  received(socket: FakeSocket, text: string): void {
    if (text === "ping") return socket.deliverText("pong");
    const answers: Answer[] = [];
    for (const frame of ([JSON.parse(text)].flat() as Up[]).flatMap(eachOf)) this.#take(socket, frame, answers);
    this.answer(socket, answers);
  }

  /** The first frames of a connection, which begins after the cursor in its address. */
  protected firstFrames(socket: FakeSocket): Down[] {
    const { epoch, head, firstSeq } = this.log;
    const { device } = socket;
    const about = { type: "welcome", version: 1, user: this.user, device, epoch, head, limits: LIMITS } as const;
    const query = socket.url.searchParams;
    const isOther = ![null, epoch].includes(query.get("epoch"));
    const given = isOther ? "0" : query.get("cursor");
    const displayName = this.#outside.displayName();
    const begin = given === null ? this.ackedBy(device) : given === "head" ? head : Number(given);
    if (!isOther && given !== null) this.#ack(device, begin);
    const gap = isOther ? [{ type: "gap", from: 1, seq: firstSeq } as const] : [];
    return [
      { ...about, lastId: this.log.lastId(device), ...(displayName !== null && { displayName }) },
      ...gap,
      ...this.log.after(begin).map((frame) => this.asLater(frame)),
    ];
  }

  protected sendFirst(socket: FakeSocket, frames: readonly Down[]): void {
    socket.isWelcomed = true;
    for (const frame of frames) socket.deliver(frame);
  }

  protected answer(socket: FakeSocket, answers: readonly Answer[]): void {
    for (const answer of answers) socket.deliver(answer);
  }

  /** Takes a send, or refuses it. `before`: the answers to the sends of the same text before it. */
  protected send(socket: FakeSocket, send: Send, _before: readonly Answer[]): Answer {
    const { id, to, body } = send;
    const { device } = socket;
    const refuse = (code: string): Answer => ({ type: "refused", id, code, message: `${code}.` });
    const known = this.log.sent(device, id);
    if (known !== undefined && (known.to !== to || JSON.stringify(known.body) !== JSON.stringify(body)))
      return refuse("id_reused");
    if (known !== undefined) return this.accepted(known, this.stateOf(known));
    if (id !== this.log.lastId(device) + 1) return refuse(id <= this.log.lastId(device) ? "id_reused" : "out_of_order");
    const why = this.#outside.refusalOf({ from: this.user, to, body });
    if (why !== null) return { type: "refused", id, ...why };
    this.log.setLastId(device, id);
    const own = { type: "message", from: this.user, to, at: Date.now(), body, id, device } as const;
    const entry = this.log.add<MessageFrame>(own);
    this.emit(entry, socket);
    return this.accepted(entry, this.#outside.forward(entry));
  }

  protected accepted({ id = 0, seq, at }: MessageFrame, state: "stored" | "queued"): Answer {
    return { type: "accepted", id, entry: seq, at, state };
  }

  protected stateOf({ to, seq }: MessageFrame): "stored" | "queued" {
    return to === this.user || seq <= this.log.marksOf(to).stored ? "stored" : "queued";
  }

  /** A message as a device receives it: the socket that sent it gets it without the body. */
  protected carbonFor(socket: FakeSocket, frame: MessageFrame, sender?: FakeSocket): Down {
    if (socket !== sender) return frame;
    const { body: _, ...bare } = frame;
    return bare;
  }

  /** An entry as a later connection receives it. */
  protected asLater(frame: LogFrame): LogFrame {
    return frame;
  }

  /** The mailbox begins again, with nothing. */
  startOver(): void {
    for (const socket of this.sockets) socket.end();
    this.#acked.clear();
    this.log.startOver();
  }

  /** The highest seq that a device has acknowledged. */
  ackedBy(device: string): number {
    return this.#acked.get(device) ?? 0;
  }

  #take(socket: FakeSocket, frame: Up, answers: Answer[]): void {
    switch (frame["type"]) {
      case "send":
        answers.push(this.send(socket, frame as unknown as Send, answers));
        return;
      case "ack":
        return this.#ack(socket.device, Number(frame["seq"]));
      case "read":
        return this.#read(String(frame["peer"]), Number(frame["seq"]));
      case "typing":
        return this.#outside.typing(String(frame["to"]));
      case "watch":
        return this.#outside.watch(socket, frame["peers"] as readonly string[]);
      case "token":
        return socket.deliver({ type: "token" });
      default:
        return socket.deliver({ type: "error", code: "bad_frame", message: "This frame can't be read." });
    }
  }

  #ack(device: string, seq: number): void {
    const before = this.ackedBy(device);
    if (seq <= before) return;
    this.#acked.set(device, seq);
    for (const [peer, origin] of this.#originsUpTo(before, seq)) this.#outside.report(peer, { delivered: origin });
  }

  #read(peer: string, seq: number): void {
    this.raise(peer, { mine: seq });
    const origin = this.#originsUpTo(0, seq).get(peer);
    if (origin !== undefined) this.#outside.report(peer, { delivered: origin, read: origin });
  }

  /** The highest origin of each author in a part of the log. */
  #originsUpTo(after: number, seq: number): Map<string, number> {
    const received = this.log.messages.filter((entry) => entry.seq > after && entry.seq <= seq);
    return new Map(received.flatMap(({ from, origin }) => (origin === undefined ? [] : [[from, origin]])));
  }
}

/** The sends of a run. */
function eachOf({ bodies, ...frame }: Up): Up[] {
  if (!Array.isArray(bodies)) return [frame];
  return bodies.map((body, i) => ({ ...frame, id: Number(frame["id"]) - bodies.length + 1 + i, body }));
}
