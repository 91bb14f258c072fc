// A model of a mailbox: one log, the rules of ids and of resuming, and a network that cuts and loses texts at random.
// It notes each send that no client may make. It replaces the server where a seed has to choose every moment; test/chaos and test/stories test the server itself.
import type { Random } from "../chaos/random.ts";
import { type Frame, Socket } from "./model-socket.ts";

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
  /** All sends to a receiver are refused for now. */
  readonly held: number;
}

/** Ms that a receiver is held; and where the mailbox, as older ones, does not say that only the receiver is. */
const HELD_MS = 700;
const LONG_HELD_MS = 61_000;
/** Ms of a pause of all messages. */
const BUSY_MS = 50;

export class Model {
  readonly log: LogEntry[] = [];
  readonly #random: Random;
  readonly #sockets = new Set<Socket>();
  readonly #user: string;
  faults: Faults = { cut: 0, busy: 0, held: 0 };
  /** What the client sent against the rules. */
  readonly violations: string[] = [];
  /** Bodies of own messages whose acceptance has reached the client; and those that this process of it knows. */
  readonly answered = new Set<unknown>();
  readonly #knownAnswered = new Set<unknown>();
  /** Bodies of entries that the mailbox has lost. */
  readonly lost = new Set<unknown>();
  /** Until when each receiver is held; the same as far as the client knows; and the latest refusal for that. */
  readonly #held = new Map<unknown, number>();
  readonly #knownHeld = new Map<unknown, number>();
  #latestHeld = { id: 0, to: "", until: 0 };
  epoch = "e1";
  lastId = 0;
  stored = 0;
  /** The highest seq that the client has acknowledged. */
  acked = 0;
  #head = 1_000;
  /** The head when the epoch began. */
  #firstSeq = 0;
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

  /** Restores a copy without the latest own entries: their ids are free again. */
  setBack(): void {
    this.cutAll();
    const own = this.log.filter(({ from }) => from === this.#user);
    const from = own[own.length - 1 - this.#random.below(4)]?.seq ?? Infinity;
    this.#head += 1_000;
    for (const entry of this.log.splice(0)) {
      if (entry.seq < from) this.log.push(entry);
      else if (entry.from === this.#user) this.lost.add(entry.body);
      // Their senders send them again.
      else this.log.push({ ...entry, seq: ++this.#head });
    }
    this.lastId = Math.max(0, ...this.log.map(({ id = 0 }) => id));
    this.stored = 0;
  }

  /** The mailbox begins again, with nothing. */
  beginEpoch(): void {
    this.cutAll();
    for (const { body } of this.log.splice(0)) this.lost.add(body);
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.#head = this.#firstSeq = this.#head + 1_000;
    this.lastId = this.stored = this.acked = 0;
  }

  /** A process of the client ends: it may not have stored what it knew. */
  crash(): void {
    this.cutAll();
    this.#knownHeld.clear();
    this.#knownAnswered.clear();
  }

  reached({ type, id, retryAfter }: Frame): void {
    const { body } = this.log.find((entry) => entry.id === id) ?? {};
    if (type === "accepted") for (const set of [this.answered, this.#knownAnswered]) set.add(body);
    const { id: heldId, to, until } = this.#latestHeld;
    if (type === "refused" && id === heldId && Number(retryAfter) > BUSY_MS) this.#knownHeld.set(to, until);
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.cut();
  }

  /** A text from the client. */
  receive(socket: Socket, text: string): void {
    if (text === "ping") return socket.deliver("pong");
    if (this.#random.chance(this.faults.cut)) return socket.cut();
    const frames = [JSON.parse(text)].flat() as Frame[];
    const answers: Frame[] = [];
    for (const frame of frames.flatMap(eachOf)) {
      if (frame["type"] === "send") answers.push(this.#send(socket, frame, answers));
      if (frame["type"] === "ack") this.acked = Math.max(this.acked, Number(frame["seq"]));
    }
    this.#answer(socket, answers);
    if (this.#random.chance(this.faults.cut)) socket.cut();
  }

  /** Answers come in no order, some of them later, before or after the frames of the log. */
  #answer(socket: Socket, answers: Frame[]): void {
    while (answers.length > 0) {
      const [answer] = answers.splice(this.#random.below(answers.length), 1);
      if (this.#random.chance(0.2)) setTimeout(() => socket.deliver(answer as Frame), this.#random.below(60));
      else socket.deliver(answer as Frame);
    }
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
    const isOther = ![null, this.epoch].includes(socket.url.searchParams.get("epoch"));
    const gap = isOther ? [{ type: "gap", from: 1, seq: this.#firstSeq }] : [];
    const after = this.log.filter(({ seq }) => seq > given).map((entry) => frameOf(entry, socket.device));
    const mark = this.stored > 0 ? [this.#mark()] : [];
    socket.open();
    socket.deliverInParts([welcome, ...gap, ...after, ...mark], this.#random, this.faults.cut);
  }

  /** Takes a send, or refuses it: the answer. `before`: the answers to the sends of the same text before it. */
  #send(socket: Socket, { id, to, body }: Frame, before: readonly Frame[]): Frame {
    const refuse = (code: string, more: Frame = {}): Frame => ({ type: "refused", id, code, message: code, ...more });
    if (typeof id !== "number" || typeof to !== "string" || !socket.live) return refuse("bad_frame");
    const known = this.log.find((entry) => entry.id === id);
    if (id > this.lastId + 1) {
      if (before.every(({ type }) => type !== "refused")) this.violations.push(`id ${id} after ${this.lastId}`);
      return refuse("out_of_order");
    }
    if (known !== undefined && known.body !== body) {
      this.violations.push(`id ${id} for ${JSON.stringify(known.body)}, then for ${JSON.stringify(body)}`);
      return refuse("id_reused");
    }
    // A number that was accepted stays with its message, also where a mailbox limits what is sent again.
    if (known !== undefined && this.#random.chance(this.faults.busy))
      return refuse("rate_limited", { retryAfter: BUSY_MS });
    if (known === undefined) {
      const why = this.#refusalOf(id, to, body);
      if (why !== null) return refuse(why.code, why.more);
    }
    const seq = known?.seq ?? ++this.#head;
    const state = this.#random.chance(0.5) ? "stored" : "queued";
    if (known === undefined) {
      this.lastId = id;
      this.#append({ seq, from: this.#user, to, body, id });
    }
    if (state === "stored" && to === "bob") this.stored = Math.max(this.stored, seq);
    // An old entry may not be found any more.
    const isFound = known === undefined || this.#random.chance(0.7);
    return { type: "accepted", id, state, ...(isFound && { entry: seq, at: 1 }) };
  }

  #refusalOf(id: number, to: string, body: unknown): { code: string; more?: Frame } | null {
    const now = Date.now();
    const code = "rate_limited";
    if (this.log.some((entry) => entry.body === body)) this.violations.push(`${String(body)} has another id`);
    if (this.#knownAnswered.has(body)) this.violations.push(`${String(body)} is sent again after its answer`);
    if ((this.#knownHeld.get(to) ?? 0) > now) this.violations.push(`${String(body)} to ${to}, who is held`);
    if (String(body).startsWith("bad")) return { code: "too_large" };
    if (this.#random.chance(this.faults.held)) {
      this.#held.set(to, now + this.#random.pick([HELD_MS, LONG_HELD_MS]));
    }
    const until = this.#held.get(to) ?? 0;
    const retryAfter = until - now;
    if (retryAfter > BUSY_MS) this.#latestHeld = { id, to, until };
    // As older mailboxes do, it leaves out what a long pause affects.
    const isSaid = retryAfter < LONG_HELD_MS || this.#random.chance(0.5);
    if (retryAfter > BUSY_MS) return { code, more: { retryAfter, ...(isSaid && { affects: "receiver" }) } };
    return this.#random.chance(this.faults.busy) ? { code, more: { retryAfter: BUSY_MS } } : null;
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
