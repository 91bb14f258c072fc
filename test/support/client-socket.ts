// One socket from the client's side, and a v1 device on it, with its frames in order of arrival. Tests wait for frames
// and never sleep. It knows neither the runtime nor how a socket is opened.
import { readDown, type Down } from "../../src/protocol/down.ts";

export type Frame = Record<string, unknown>;

/** The operations of a socket of any runtime. */
export interface RawSocket {
  send(data: string | ArrayBuffer): void;
  close(code: number): void;
}

/** One socket: its texts in order, and its close. */
export class ClientSocket {
  readonly #wire: RawSocket;
  readonly #texts: string[] = [];
  readonly #waiting: (() => void)[] = [];
  /** The close event, once it occurred. */
  closed: { code: number; reason: string } | null = null;

  constructor(wire: RawSocket) {
    this.#wire = wire;
  }

  /** To be called with each received text. */
  onText(nextText: string): void {
    this.#texts.push(nextText);
    this.#wake();
  }

  /** To be called when the socket is closed. */
  onClose(code: number, reason: string): void {
    this.closed = { code, reason };
    this.#wake();
  }

  sendText(text: string | ArrayBuffer): void {
    this.#wire.send(text);
  }

  /** The next text. */
  async text(): Promise<string> {
    for (;;) {
      const text = this.#texts.shift();
      if (text !== undefined) return text;
      if (this.closed !== null) throw new Error(`closed with ${this.closed.code} while a text was awaited`);
      await new Promise<void>((done) => this.#waiting.push(done));
    }
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (this.closed === null) await new Promise<void>((done) => this.#waiting.push(done));
    return this.closed;
  }

  close(code = 1000): void {
    this.#wire.close(code);
  }

  /** The number of received texts that were not read yet. */
  get unreadTexts(): number {
    return this.#texts.length;
  }

  #wake(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

/** A v1 device. */
export class Device {
  readonly socket: ClientSocket;
  readonly #frames: Frame[] = [];
  welcome: Extract<Down, { type: "welcome" }>;

  private constructor(line: ClientSocket, welcome: Device["welcome"], rest: Frame[]) {
    this.socket = line;
    this.welcome = welcome;
    this.#frames = rest;
  }

  /** The device on a new socket, after it received `welcome`. */
  static async open(line: ClientSocket): Promise<Device> {
    const [first, ...rest] = framesOf(await line.text());
    const welcome = readDown(first);
    if (welcome?.type !== "welcome") throw new Error(`the first frame is not welcome: ${JSON.stringify(first)}`);
    return new Device(line, welcome, rest);
  }

  send(...frames: unknown[]): void {
    this.socket.sendText(JSON.stringify(frames.length === 1 ? frames[0] : frames));
  }

  /** The next frame of any type. */
  async next(): Promise<Frame> {
    while (this.#frames.length === 0) this.#frames.push(...framesOf(await this.socket.text()));
    return this.#frames.shift() ?? {};
  }

  /** The next frame of this type; earlier ones are skipped. */
  async until(type: string): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (frame["type"] === type) return frame;
    }
  }

  /** The next mark with this field. */
  async mark(field: "stored" | "delivered" | "read" | "mine"): Promise<Frame> {
    for (;;) {
      const mark = await this.until("mark");
      if (mark[field] !== undefined) return mark;
    }
  }

  /** The next `count` frames of this type. */
  async take(type: string, count: number): Promise<Frame[]> {
    const found: Frame[] = [];
    while (found.length < count) found.push(await this.until(type));
    return found;
  }

  /**
   * All frames before the reply to an unknown frame: a fence, after which the mailbox has handled everything sent
   * before.
   */
  async settled(): Promise<Frame[]> {
    this.send({ type: "no_such_type" });
    const before: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame["type"] === "error") return before;
      before.push(frame);
    }
  }

  ack(seq: unknown): void {
    this.send({ type: "ack", seq });
  }
}

export async function nextFrame(line: ClientSocket): Promise<Frame> {
  return JSON.parse(await line.text()) as Frame;
}

function framesOf(text: string): Frame[] {
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]) as Frame[];
}
