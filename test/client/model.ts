// The fake mailbox of `restante/testing` with chaos: a network that cuts and loses texts at random, refusals, restored
// copies. It notes each send that no client may make. It replaces the server where a seed has to choose every moment;
// test/chaos and test/stories test the server itself.
import type { Down } from "../../src/protocol/down.ts";
import type { MessageFrame } from "../../src/testing/fake-log.ts";
import { type Answer, FakeMailbox, type Refusal, type Send } from "../../src/testing/fake-mailbox.ts";
import type { FakeSocket } from "../../src/testing/fake-socket.ts";
import type { Random } from "../chaos/random.ts";
import { type Frame, ModelSocket } from "./model-socket.ts";

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
const LIMITS = { window: 4_096, windowBytes: 4e6, bodyBytes: 65_536, textBytes: 1_000_000, frames: 7 };

export class Model extends FakeMailbox {
  readonly #random: Random;
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
  /** The id of the send that is being taken, and whether it was accepted before. */
  #current = { id: 0, isRepeated: false };
  #device = "";
  #origin = 0;

  constructor(user: string, random: Random) {
    super(user, {
      refusalOf: ({ to, body }) => this.#refusalOf(to, body),
      forward: (message) => this.stateOf(message),
      report: () => undefined,
      typing: () => undefined,
      watch: () => undefined,
      presenceChanged: () => undefined,
      displayName: () => null,
    });
    this.#random = random;
  }

  /** The result of `new WebSocket`. */
  connect(url: string): ModelSocket {
    return new ModelSocket(url, this, this.#random);
  }

  /** The highest seq that the client has acknowledged. */
  get acked(): number {
    return this.ackedBy(this.#device);
  }

  /** A message of another user arrives. */
  arrive(from: string, body: unknown): void {
    this.receive(from, body, ++this.#origin);
  }

  /**
   * Restores an older copy: the latest entries are lost, their senders send them again, and no number is used twice.
   */
  restoreOldCopy(): void {
    const { entries } = this.log;
    const lost = entries.splice(this.log.messages.findLastIndex(({ from }) => from === this.user) + 1);
    this.cutAll();
    this.log.head += 1_000;
    for (const { seq: _, ...entry } of lost) this.log.add(entry);
  }

  /** Restores a copy without the latest own entries: their ids are free again. */
  setBack(): void {
    this.cutAll();
    const own = this.log.messages.filter(({ from }) => from === this.user);
    const from = own[own.length - 1 - this.#random.below(4)]?.seq ?? Infinity;
    this.log.head += 1_000;
    const before = this.log.messages;
    this.log.entries.length = 0;
    for (const entry of before) {
      if (entry.seq < from) this.log.entries.push(entry);
      else if (entry.from === this.user) this.lost.add(entry.body);
      // Their senders send them again.
      else this.log.add(entry);
    }
    this.log.setLastId(this.#device, Math.max(0, ...this.log.messages.map(({ id = 0 }) => id)));
    this.log.clearMarks();
  }

  /** The mailbox begins again, with nothing. */
  beginEpoch(): void {
    for (const { body } of this.log.messages) this.lost.add(body);
    this.startOver();
  }

  /** A process of the client ends: it may not have stored what it knew. */
  crash(): void {
    this.cutAll();
    this.#knownHeld.clear();
    this.#knownAnswered.clear();
  }

  cutAll(): void {
    for (const socket of this.sockets) socket.end();
  }

  /** A frame, without runs, has reached the client. */
  reached({ type, id, retryAfter }: Frame): void {
    const { body } = this.log.messages.find((entry) => entry.id === id) ?? {};
    if (type === "accepted") for (const set of [this.answered, this.#knownAnswered]) set.add(body);
    const { id: heldId, to, until } = this.#latestHeld;
    if (type === "refused" && id === heldId && Number(retryAfter) > BUSY_MS) this.#knownHeld.set(to, until);
  }

  override received(socket: FakeSocket, text: string): void {
    if (text !== "ping" && this.#random.chance(this.faults.cut)) return socket.end();
    super.received(socket, text);
    if (text !== "ping" && this.#random.chance(this.faults.cut)) socket.end();
  }

  protected override firstFrames(socket: FakeSocket): Down[] {
    this.#device = socket.device;
    const [welcome, ...frames] = super.firstFrames(socket);
    const runs = (socket as ModelSocket).runs ? { runs: true } : {};
    return [{ ...welcome, limits: LIMITS, ...runs } as Down, ...frames];
  }

  protected override sendFirst(socket: FakeSocket, frames: readonly Down[]): void {
    socket.isWelcomed = true;
    (socket as ModelSocket).deliverInParts(frames, this.faults.cut);
  }

  /** Answers come in no order, some of them later, before or after the frames of the log. */
  protected override answer(socket: FakeSocket, answers: readonly Answer[]): void {
    const open = [...answers];
    while (open.length > 0) {
      const [answer] = open.splice(this.#random.below(open.length), 1);
      if (this.#random.chance(0.2)) setTimeout(() => socket.deliver(answer), this.#random.below(60));
      else socket.deliver(answer);
    }
  }

  protected override send(socket: FakeSocket, send: Send, before: readonly Answer[]): Answer {
    const { id, to, body } = send;
    const known = this.log.sent(socket.device, id);
    this.#current = { id, isRepeated: known !== undefined };
    if (id > this.log.lastId(socket.device) + 1 && before.every(({ type }) => type !== "refused"))
      this.violations.push(`id ${id} after ${this.log.lastId(socket.device)}`);
    if (known !== undefined && (known.body !== body || known.to !== to))
      this.violations.push(`id ${id} for ${JSON.stringify(known.body)}, then for ${JSON.stringify(body)}`);
    // A number that was accepted stays with its message, also where a mailbox limits what is sent again.
    if (known !== undefined && this.#random.chance(this.faults.busy))
      return { type: "refused", id, code: "rate_limited", message: "rate_limited", retryAfter: BUSY_MS };
    return super.send(socket, send, before);
  }

  /** An old entry may not be found any more. */
  protected override accepted(message: MessageFrame, state: "stored" | "queued"): Answer {
    const answer = super.accepted(message, state);
    if (!this.#current.isRepeated || this.#random.chance(0.7)) return answer;
    return { type: "accepted", id: message.id ?? 0, state };
  }

  protected override stateOf({ to, seq }: MessageFrame): "stored" | "queued" {
    if (this.#random.chance(0.5)) return "queued";
    if (to === "bob") this.raise(to, { stored: seq });
    return "stored";
  }

  /** To the socket that sent it the body may be left out. */
  protected override carbonFor(socket: FakeSocket, frame: MessageFrame, sender?: FakeSocket): Down {
    return this.#random.chance(0.5) ? frame : super.carbonFor(socket, frame, sender);
  }

  #refusalOf(to: string, body: unknown): Refusal | null {
    const now = Date.now();
    const refused = (code: string, more: Partial<Refusal> = {}) => ({ code, message: code, ...more });
    if (this.log.messages.some((entry) => entry.body === body)) this.violations.push(`${String(body)} has another id`);
    if (this.#knownAnswered.has(body)) this.violations.push(`${String(body)} is sent again after its answer`);
    if ((this.#knownHeld.get(to) ?? 0) > now) this.violations.push(`${String(body)} to ${to}, who is held`);
    if (String(body).startsWith("bad")) return refused("too_large");
    if (this.#random.chance(this.faults.held)) this.#held.set(to, now + this.#random.pick([HELD_MS, LONG_HELD_MS]));
    const until = this.#held.get(to) ?? 0;
    const retryAfter = until - now;
    if (retryAfter > BUSY_MS) this.#latestHeld = { id: this.#current.id, to, until };
    // As older mailboxes do, it leaves out what a long pause affects.
    const isSaid = retryAfter < LONG_HELD_MS || this.#random.chance(0.5);
    if (retryAfter > BUSY_MS) return refused("rate_limited", { retryAfter, ...(isSaid && { affects: "receiver" }) });
    return this.#random.chance(this.faults.busy) ? refused("rate_limited", { retryAfter: BUSY_MS }) : null;
  }
}
