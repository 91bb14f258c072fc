// A minimal correct client of the protocol: it keeps messages until they are answered, and what its user has read until
// a mark with a seq confirms it, persists its cursor with what it showed, and reconnects. The world decides when it
// reads, acknowledges and disconnects.
import { readDown, type Down } from "../../src/protocol/down.ts";
import { socketOf, upgrade } from "../support/devices.ts";
import { encodeRuns, expandRuns } from "../support/encode-runs.ts";
import type { Frame, ClientSocket } from "../support/client-socket.ts";
import { type Accepted, type DeviceHistory, MARKS, type ReceivedMark, type Shown } from "./checker.ts";

/** What the world decides for a device. */
export interface DeviceWorld {
  /** Whether the device requests early marks on this connection. */
  requestsEarly(): boolean;
  /** The place of an event in the order of all events. */
  now(): number;
}

/** What a message has to do with another one of the own log. */
export interface Relation {
  readonly to: number;
  readonly is: "reply" | "edit";
}

interface Pending {
  readonly to: string;
  readonly word: string;
  readonly re: Relation | undefined;
  id: number;
}

export class ChaosDevice {
  readonly user: string;
  readonly device: string;
  readonly accepted: Accepted[] = [];
  readonly shown: Shown[] = [];
  readonly marks: ReceivedMark[] = [];
  readonly acks: { readonly seq: number; readonly at: number }[] = [];
  pending: Pending[] = [];
  #socket: ClientSocket | null = null;
  #epoch: string | null = null;
  #cursor = 0;
  #acked = 0;
  #window = 0;
  #runs = false;
  #early = false;
  #isWelcomed = false;
  #lastId = 0;
  /** Words by id. No message is refused here, so no id is reused. */
  readonly #words = new Map<number, string>();
  #unackedSeqs: number[] = [];
  #mostUnacked = 0;
  #isSynced = false;
  /** What the user has read, by peer, until a mark with a seq confirms it. */
  readonly #unconfirmedReads = new Map<string, number>();
  /** How far the user has read, by peer, as far as this device knows. */
  readonly #mine = new Map<string, number>();
  readonly #world: DeviceWorld;
  head = 0;

  constructor(user: string, device: string, world: DeviceWorld) {
    this.user = user;
    this.device = device;
    this.#world = world;
  }

  /** Laptops request runs, phones do not. */
  get #requestsRuns(): boolean {
    return this.device === "laptop";
  }

  get online(): boolean {
    return this.#socket !== null && this.#socket.closed === null;
  }

  /** Connected, without unanswered messages and unread frames. */
  get settled(): boolean {
    return this.online && this.pending.length === 0 && this.#socket?.unreadTexts === 0;
  }

  get history(): DeviceHistory {
    const { user, device, shown, marks, acks } = this;
    return {
      user,
      device,
      shown,
      marks,
      acks,
      unacknowledged: this.#mostUnacked,
      window: this.#window,
    };
  }

  /** Opens a new connection; an older one is left half open. */
  async connect(): Promise<void> {
    const epoch = this.#epoch === null ? "" : `&epoch=${this.#epoch}`;
    const early = this.#world.requestsEarly();
    const flags = `&relations=1${this.#requestsRuns ? "&runs=1" : ""}${early ? "&early=1" : ""}`;
    const path = `/client/${this.user}?device=${this.device}&cursor=${this.#cursor}${epoch}${flags}`;
    this.#socket = null;
    this.#acknowledged();
    const response = await upgrade(path, "restante.v1").catch(() => null);
    if (response?.webSocket == null) return;
    this.#socket = socketOf(response);
    this.#isWelcomed = false;
    this.#early = early;
    this.#unackedSeqs = [];
    this.#acked = this.#cursor;
  }

  /** Drops the connection without a close. */
  disconnectSilently(): void {
    this.#socket = null;
  }

  close(): void {
    if (this.online) this.#socket?.close();
    this.#socket = null;
  }

  /** `re`: the relation of the first message. */
  send(to: string, words: readonly string[], re?: Relation): void {
    const last = Math.max(this.pending.at(-1)?.id ?? 0, this.#lastId);
    const messages = words.map((word, i) => ({ to, word, re: i === 0 ? re : undefined, id: last + 1 + i }));
    this.pending.push(...messages);
    for (const { id, word } of messages) this.#words.set(id, word);
    if (this.#isWelcomed) this.#sendFrames(messages.map(frameOf));
  }

  /** Waits until the mailbox has handled all frames that were sent before. False if the connection is gone. */
  async sync(): Promise<boolean> {
    if (!this.online) return false;
    this.#isSynced = false;
    this.#sendFrames([{ type: "sync" }]);
    while (!this.#isSynced) {
      const text = await this.#socket?.text().catch(() => null);
      if (text == null) {
        this.#socket = null;
        return false;
      }
      this.#handleText(text);
    }
    return true;
  }

  /** Handles and acknowledges everything that the mailbox has. */
  async catchUp(): Promise<void> {
    for (let shown = -1; shown < this.shown.length; await this.receive(true)) {
      shown = this.shown.length;
      await this.sync();
    }
  }

  /** The user has read, on this device. */
  read(peer: string, seq: number): void {
    if (seq <= (this.#mine.get(peer) ?? 0)) return;
    this.#hold(peer, seq);
    if (this.#isWelcomed) this.#sendFrames([{ type: "read", peer, seq }]);
  }

  /** Sends again what the user has read and no mark with a seq has confirmed. */
  repeatReads(): void {
    this.#sendFrames(Array.from(this.#unconfirmedReads, ([peer, seq]) => ({ type: "read", peer, seq })));
  }

  /** Handles the frames that have arrived; with `ack` it acknowledges them. */
  async receive(ack: boolean): Promise<void> {
    while (this.#socket !== null && this.#socket.unreadTexts > 0) this.#handleText(await this.#socket.text());
    if (this.#socket?.closed != null) this.#socket = null;
    if (!ack || this.#cursor === this.#acked) return;
    this.#acked = this.#cursor;
    this.#unackedSeqs = [];
    this.#acknowledged();
    this.#sendFrames([{ type: "ack", seq: this.#cursor }]);
  }

  #acknowledged(): void {
    if (this.#cursor > (this.acks.at(-1)?.seq ?? 0)) this.acks.push({ seq: this.#cursor, at: this.#world.now() });
  }

  #handleText(text: string): void {
    const value: unknown = JSON.parse(text);
    for (const one of Array.isArray(value) ? value : [value]) {
      const received = readDown(one);
      if (received === null) throw new Error(`an unknown frame: ${JSON.stringify(one)}`);
      if ("count" in received && !this.#runs) throw new Error(`a run that was not requested: ${JSON.stringify(one)}`);
      for (const frame of expandRuns(received)) {
        if ("seq" in frame && frame.seq !== undefined) {
          this.#unackedSeqs.push(frame.seq);
          this.#mostUnacked = Math.max(this.#mostUnacked, this.#unackedSeqs.length);
        }
        this.#handle(frame);
      }
    }
  }

  #handle(frame: Down): void {
    if ("seq" in frame && frame.seq !== undefined && frame.type !== "gap") {
      if (frame.seq <= this.#cursor) return;
      this.#cursor = frame.seq;
    }
    switch (frame.type) {
      case "welcome":
        this.#isWelcomed = true;
        this.#epoch = frame.epoch;
        this.#window = frame.limits.window;
        this.#runs = frame.runs === true;
        if (this.#runs !== this.#requestsRuns) throw new Error("runs are granted to devices that request them");
        if ((frame.early === true) !== this.#early)
          throw new Error("early marks are granted to devices that request them");
        this.head = frame.head;
        this.#lastId = frame.lastId;
        this.#sendFrames(this.pending.map(frameOf));
        this.repeatReads();
        break;
      case "gap":
        throw new Error("a gap, though no entry was removed");
      case "message":
        this.#onMessage(frame);
        break;
      case "accepted":
        this.#onAccepted(frame);
        break;
      case "mark":
        this.#onMark(frame);
        break;
      case "error":
        this.#isSynced = true;
        break;
      case "refused":
      case "failed":
        throw new Error(`no message can fail here: ${JSON.stringify(frame)}`);
      default:
        break;
    }
  }

  #onMessage({ seq, from, to, body, id, re }: Extract<Down, { type: "message" }>): void {
    // A carbon on the socket that sent the message has no body; its id names the message.
    const word = typeof body === "string" ? body : (this.#words.get(id ?? 0) ?? `entry ${seq}`);
    this.shown.push({ seq, from, to, word, re: re as Shown["re"] });
  }

  #onAccepted({ id, entry }: Extract<Down, { type: "accepted" }>): void {
    const at = this.pending.findIndex((message) => message.id === id);
    const message = this.pending[at];
    if (message === undefined || entry === undefined) return;
    this.pending.splice(at, 1);
    this.#lastId = Math.max(this.#lastId, id);
    this.accepted.push({ from: this.user, to: message.to, word: message.word, entry });
  }

  /** An early mark is state: it moves no cursor, and confirms nothing. */
  #onMark({ peer, seq: place, ...rest }: Extract<Down, { type: "mark" }>): void {
    const seq = place ?? null;
    if (seq === null && !this.#early) throw new Error("an early mark that was not requested");
    const [stored = 0, delivered = 0, read = 0, mine = 0] = MARKS.map((field) => rest[field] ?? 0);
    this.marks.push({ peer, seq, stored, delivered, read, mine, at: this.#world.now() });
    if (seq === null && mine > (this.#mine.get(peer) ?? 0)) this.#hold(peer, mine);
    if (seq !== null && mine >= (this.#unconfirmedReads.get(peer) ?? 0)) this.#unconfirmedReads.delete(peer);
    this.#mine.set(peer, Math.max(this.#mine.get(peer) ?? 0, mine));
  }

  #hold(peer: string, seq: number): void {
    this.#mine.set(peer, seq);
    this.#unconfirmedReads.set(peer, seq);
  }

  #sendFrames(frames: readonly Frame[]): void {
    if (!this.online || frames.length === 0) return;
    try {
      this.#socket?.sendText(JSON.stringify(this.#runs ? encodeRuns(frames, () => true) : frames));
    } catch {
      // Closed meanwhile.
    }
  }
}

function frameOf({ id, to, word, re }: Pending): Frame {
  return { type: "send", id, to, body: word, ...(re !== undefined && { re }) };
}
