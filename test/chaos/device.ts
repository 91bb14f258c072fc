// A device as the protocol wants it, small enough to be right: it keeps what it sent until it has an answer, keeps its cursor together
// with what it was shown, and comes back. The weather decides when it reads, acknowledges and falls silent.
import { readDown, type Down } from "../../src/protocol/down.ts";
import { lineOf, upgrade } from "../support/devices.ts";
import { fold, unfold } from "../support/fold.ts";
import type { Frame, Line } from "../support/line.ts";
import type { Accepted, DeviceHistory, Shown, Told } from "./checker.ts";

interface Pending {
  readonly to: string;
  readonly word: string;
  id: number;
}

export class ChaosDevice {
  readonly user: string;
  readonly device: string;
  readonly accepted: Accepted[] = [];
  readonly shown: Shown[] = [];
  readonly marks = new Map<string, Told>();
  pending: Pending[] = [];
  #line: Line | null = null;
  #epoch: string | null = null;
  #cursor = 0;
  #acked = 0;
  #window = 0;
  #runs = false;
  #welcomed = false;
  #lastId = 0;
  /** What was sent under which id. Nothing is refused here, so ids are never used again. */
  readonly #words = new Map<number, string>();
  #held: number[] = [];
  #unacknowledged = 0;
  #synced = false;
  head = 0;

  constructor(user: string, device: string) {
    this.user = user;
    this.device = device;
  }

  /** Laptops speak in runs, phones do not. */
  get #asks(): boolean {
    return this.device === "laptop";
  }

  get online(): boolean {
    return this.#line !== null && this.#line.closed === null;
  }

  /** Nothing is on its way, as far as this device can know. */
  get settled(): boolean {
    return this.online && this.pending.length === 0 && this.#line?.unread === 0;
  }

  get history(): DeviceHistory {
    const { user, device, shown } = this;
    return {
      user,
      device,
      shown,
      marks: [...this.marks.values()],
      unacknowledged: this.#unacknowledged,
      window: this.#window,
    };
  }

  /** Connects anew; an older connection is left as it is, half open. */
  async connect(): Promise<void> {
    const epoch = this.#epoch === null ? "" : `&epoch=${this.#epoch}`;
    const path = `/client/${this.user}?device=${this.device}&cursor=${this.#cursor}${epoch}${this.#asks ? "&runs=1" : ""}`;
    this.#line = null;
    const response = await upgrade(path, "restante.v1").catch(() => null);
    if (response?.webSocket == null) return;
    this.#line = lineOf(response);
    this.#welcomed = false;
    this.#held = [];
    this.#acked = this.#cursor;
  }

  /** Falls silent without a close. */
  vanish(): void {
    this.#line = null;
  }

  close(): void {
    if (this.online) this.#line?.close();
    this.#line = null;
  }

  send(to: string, words: readonly string[]): void {
    const last = Math.max(this.pending.at(-1)?.id ?? 0, this.#lastId);
    const messages = words.map((word, i) => ({ to, word, id: last + 1 + i }));
    this.pending.push(...messages);
    for (const { id, word } of messages) this.#words.set(id, word);
    if (this.#welcomed) this.#say(messages.map(frameOf));
  }

  /** Waits until the mailbox has dealt with everything that was said before. False if the connection is gone. */
  async sync(): Promise<boolean> {
    if (!this.online) return false;
    this.#synced = false;
    this.#say([{ type: "sync" }]);
    while (!this.#synced) {
      const text = await this.#line?.text().catch(() => null);
      if (text == null) {
        this.#line = null;
        return false;
      }
      this.#hear(text);
    }
    return true;
  }

  read(peer: string, seq: number): void {
    this.#say([{ type: "read", peer, seq }]);
  }

  /** Reads what has arrived. `ack`: whether it says so. */
  async listen(ack: boolean): Promise<void> {
    while (this.#line !== null && this.#line.unread > 0) this.#hear(await this.#line.text());
    if (this.#line?.closed != null) this.#line = null;
    if (!ack || this.#cursor === this.#acked) return;
    this.#acked = this.#cursor;
    this.#held = [];
    this.#say([{ type: "ack", seq: this.#cursor }]);
  }

  #hear(text: string): void {
    const value: unknown = JSON.parse(text);
    for (const one of Array.isArray(value) ? value : [value]) {
      const said = readDown(one);
      if (said === null) throw new Error(`a frame that nobody knows: ${JSON.stringify(one)}`);
      if ("count" in said && !this.#runs) throw new Error(`a run that was not asked for: ${JSON.stringify(one)}`);
      for (const frame of unfold(said)) {
        if ("seq" in frame && frame.seq !== undefined) {
          this.#held.push(frame.seq);
          this.#unacknowledged = Math.max(this.#unacknowledged, this.#held.length);
        }
        this.#act(frame);
      }
    }
  }

  #act(frame: Down): void {
    if ("seq" in frame && frame.seq !== undefined && frame.type !== "gap") {
      if (frame.seq <= this.#cursor) return;
      this.#cursor = frame.seq;
    }
    switch (frame.type) {
      case "welcome":
        this.#welcomed = true;
        this.#epoch = frame.epoch;
        this.#window = frame.limits.window;
        this.#runs = frame.runs === true;
        if (this.#runs !== this.#asks) throw new Error("runs are granted to whoever asks");
        this.head = frame.head;
        this.#lastId = frame.lastId;
        this.#say(this.pending.map(frameOf));
        break;
      case "gap":
        throw new Error("a gap, though nothing was taken away");
      case "message":
        this.#show(frame);
        break;
      case "accepted":
        this.#answered(frame);
        break;
      case "mark": {
        const { peer, stored = 0, delivered = 0, read = 0 } = frame;
        this.marks.set(peer, { peer, stored, delivered, read });
        break;
      }
      case "error":
        this.#synced = true;
        break;
      case "refused":
      case "failed":
        throw new Error(`nothing here can fail: ${JSON.stringify(frame)}`);
      default:
        break;
    }
  }

  #show({ seq, from, to, body, id }: Extract<Down, { type: "message" }>): void {
    // The body of one's own message is left out on the socket that sent it; its id names it.
    const word = typeof body === "string" ? body : (this.#words.get(id ?? 0) ?? `entry ${seq}`);
    this.shown.push({ seq, from, to, word });
  }

  #answered({ id, entry }: Extract<Down, { type: "accepted" }>): void {
    const at = this.pending.findIndex((message) => message.id === id);
    const message = this.pending[at];
    if (message === undefined || entry === undefined) return;
    this.pending.splice(at, 1);
    this.#lastId = Math.max(this.#lastId, id);
    this.accepted.push({ from: this.user, to: message.to, word: message.word, entry });
  }

  #say(frames: readonly Frame[]): void {
    if (!this.online || frames.length === 0) return;
    try {
      this.#line?.say(JSON.stringify(this.#runs ? fold(frames, () => true) : frames));
    } catch {
      // Closed meanwhile.
    }
  }
}

function frameOf({ id, to, word }: Pending): Frame {
  return { type: "send", id, to, body: word };
}
