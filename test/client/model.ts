// A model of a mailbox: one log, the rules of ids and of resuming, and a network that cuts and loses texts at random.
// It replaces the server where a seed has to choose every moment; test/chaos and test/stories test the server itself.
import type { Random } from "../chaos/random.ts";
import { encodeRuns } from "../support/encode-runs.ts";

type Frame = Record<string, unknown>;

export interface LogEntry {
  readonly seq: number;
  readonly from: string;
  readonly to: string;
  readonly body: unknown;
  readonly origin?: number;
  readonly id?: number;
}

/** The chances of each fault. */
export interface Faults {
  /** A text is lost together with its connection, before or after it was handled. */
  readonly cut: number;
  /** A send is refused for now. */
  readonly busy: number;
}

export class Model {
  readonly log: LogEntry[] = [];
  readonly #random: Random;
  readonly #sockets = new Set<Socket>();
  readonly #user: string;
  faults: Faults = { cut: 0, busy: 0 };
  epoch = "e1";
  lastId = 0;
  stored = 0;
  /** The highest seq that the client has acknowledged. */
  acked = 0;
  #head = 1_000;
  #origin = 0;

  constructor(user: string, random: Random) {
    this.#user = user;
    this.#random = random;
  }

  /** The result of `new WebSocket`. */
  connect(url: string): Socket {
    const socket = new Socket(new URL(url), this, this.#random);
    this.#sockets.add(socket);
    void Promise.resolve().then(() => this.#welcome(socket));
    return socket;
  }

  /** A message of another user arrives. */
  arrive(from: string, body: unknown): void {
    this.#append({ seq: ++this.#head, from, to: this.#user, body, origin: ++this.#origin });
  }

  /**
   * Restores an older copy: the latest entries are lost, their senders send them again, and no number is used twice.
   */
  restoreOldCopy(): void {
    const lost = this.log.splice(this.log.findLastIndex(({ from }) => from === this.#user) + 1);
    for (const socket of this.#sockets) socket.cut();
    this.#head += 1_000;
    for (const { seq: _, ...entry } of lost) this.#append({ ...entry, seq: ++this.#head });
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.cut();
  }

  /** A text from the client. */
  receive(socket: Socket, text: string): void {
    if (text === "ping") return socket.deliver("pong");
    if (this.#random.chance(this.faults.cut)) return socket.cut();
    const frames = [JSON.parse(text)].flat() as Frame[];
    for (const frame of frames.flatMap(eachOf)) {
      if (frame["type"] === "send") this.#send(socket, frame);
      if (frame["type"] === "ack") this.acked = Math.max(this.acked, Number(frame["seq"]));
    }
    if (this.#random.chance(this.faults.cut)) socket.cut();
  }

  closed(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  #welcome(socket: Socket): void {
    if (!socket.live) return;
    const limits = { window: 4_096, windowBytes: 4e6, bodyBytes: 65_536, textBytes: 1_000_000, frames: 7 };
    const about = { version: 1, user: this.#user, device: socket.device, epoch: this.epoch };
    const welcome = {
      type: "welcome",
      ...about,
      head: this.#head,
      lastId: this.lastId,
      limits,
      ...(socket.runs && { runs: true }),
    };
    const given =
      socket.url.searchParams.get("epoch") === this.epoch ? Number(socket.url.searchParams.get("cursor") ?? 0) : 0;
    this.acked = Math.max(this.acked, given);
    const after = this.log.filter(({ seq }) => seq > given).map((entry) => frameOf(entry, socket.device));
    const mark = this.stored > 0 ? [this.#mark()] : [];
    socket.open();
    socket.deliverInParts([welcome, ...after, ...mark], this.#random, this.faults.cut);
  }

  #send(socket: Socket, { id, to, body }: Frame): void {
    if (typeof id !== "number" || !socket.live) return;
    const refuse = (code: string, more: Frame = {}) =>
      socket.deliver({ type: "refused", id, code, message: `${code}.`, ...more });
    const known = this.log.find((entry) => entry.id === id);
    if (id > this.lastId + 1) return refuse("out_of_order");
    if (id <= this.lastId && known === undefined) return socket.deliver({ type: "accepted", id, state: "stored" });
    if (known !== undefined && JSON.stringify(known.body) !== JSON.stringify(body)) return refuse("id_reused");
    if (known === undefined && String(body).startsWith("bad")) return refuse("too_large");
    if (known === undefined && this.#random.chance(this.faults.busy)) return refuse("rate_limited", { retryAfter: 50 });
    const seq = known?.seq ?? ++this.#head;
    const answer = { type: "accepted", id, entry: seq, at: 1, state: this.#random.chance(0.5) ? "stored" : "queued" };
    // The answer may come before or after the frame of the log.
    const first = this.#random.chance(0.5);
    if (first) socket.deliver(answer);
    if (known === undefined) {
      this.lastId = id;
      this.#append({ seq, from: this.#user, to: String(to), body, id });
    }
    if (!first) socket.deliver(answer);
    if (answer.state === "stored") this.stored = Math.max(this.stored, seq);
  }

  #append(entry: LogEntry): void {
    this.log.push(entry);
    for (const socket of this.#sockets) {
      if (!socket.welcomed) continue;
      const frame = frameOf(entry, socket.device);
      // To the socket that sent it the body may be left out.
      if (entry.id !== undefined && this.#random.chance(0.5)) delete frame["body"];
      socket.deliver(frame);
    }
  }

  #mark(): Frame {
    return { type: "mark", seq: ++this.#head, peer: "bob", stored: this.stored };
  }
}

function frameOf({ id, ...entry }: LogEntry, device: string): Frame {
  return { type: "message", at: 1, ...entry, ...(id !== undefined && { id, device }) };
}

/** The sends of a run. */
function eachOf({ bodies, ...frame }: Frame): Frame[] {
  if (!Array.isArray(bodies)) return [frame];
  return bodies.map((body, i) => ({ ...frame, id: Number(frame["id"]) - bodies.length + 1 + i, body }));
}

/** The client's side of a connection: a WebSocket as the SDK uses it. */
export class Socket extends EventTarget {
  static readonly OPEN = 1;
  readonly url: URL;
  readonly device: string;
  /** Whether this mailbox sends runs, where it is asked to: an older one does not. */
  readonly runs: boolean;
  readonly #model: Model;
  readonly #random: Random;
  #pending: Frame[] = [];
  readyState = 0;
  welcomed = false;
  #cut = false;

  constructor(url: URL, model: Model, random: Random) {
    super();
    this.url = url;
    this.device = url.searchParams.get("device") ?? "";
    this.runs = url.searchParams.get("runs") === "1" && random.chance(0.75);
    this.#model = model;
    this.#random = random;
  }

  get live(): boolean {
    return !this.#cut && this.readyState < 2;
  }

  open(): void {
    this.readyState = 1;
  }

  /** The first frames of a connection, in several texts; it may be cut after any of them. */
  deliverInParts(frames: readonly Frame[], random: Random, cut: number): void {
    this.welcomed = true;
    for (let at = 0; at < frames.length && this.live;) {
      const size = 1 + random.below(5);
      this.#text(frames.slice(at, at + size));
      at += size;
      if (random.chance(cut)) this.cut();
    }
  }

  /** With runs, all frames of one task are one text. */
  deliver(what: Frame | "pong"): void {
    if (what === "pong" || !this.runs) return this.#text(what);
    this.#pending.push(what);
    if (this.#pending.length > 1) return;
    queueMicrotask(() => {
      const frames = this.#pending;
      this.#pending = [];
      this.#text(frames);
    });
  }

  #text(what: Frame | readonly Frame[] | "pong"): void {
    const frames = this.runs && Array.isArray(what) ? encodeRuns(what, () => this.#random.chance(0.8)) : what;
    const data = what === "pong" ? what : JSON.stringify(frames);
    queueMicrotask(() => {
      if (this.live) this.dispatchEvent(new MessageEvent("message", { data }));
    });
  }

  send(text: string): void {
    queueMicrotask(() => {
      if (this.live) this.#model.receive(this, text);
    });
  }

  close(): void {
    this.readyState = 3;
    this.#model.closed(this);
  }

  /** The connection ends without a close frame. */
  cut(): void {
    if (!this.live) return;
    this.#cut = true;
    this.#model.closed(this);
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" })));
  }
}
