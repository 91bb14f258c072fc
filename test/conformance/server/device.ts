// A v1 device as the cases use it: frames in order of arrival, waits for one of them, and a fence. It keeps no log and
// answers nothing by itself.
import { ANSWER_MS, type Frame, type Socket } from "./socket.ts";
import { Failure } from "../recording.ts";

/** A server that still has something to send has sent it by then, ms. */
const QUIET_MS = 300;

export class Device {
  readonly socket: Socket;
  readonly welcome: Frame;
  /** The name of the device, and of its user. */
  readonly name: string;
  readonly user: string;
  readonly #frames: Frame[];
  /** Every frame that was taken: what a failed case shows. */
  readonly #taken: Frame[] = [];
  /** The next free id. */
  nextId: number;

  constructor(socket: Socket, welcome: Frame, rest: Frame[]) {
    this.socket = socket;
    this.welcome = welcome;
    this.#frames = rest;
    this.name = String(welcome["device"]);
    this.user = String(welcome["user"]);
    this.nextId = Number(welcome["lastId"]) + 1;
  }

  get epoch(): string {
    return String(this.welcome["epoch"]);
  }

  get limits(): Readonly<Record<string, number>> {
    return this.welcome["limits"] as Record<string, number>;
  }

  /** One text: a frame, or an array of several. */
  say(...frames: unknown[]): void {
    this.socket.send(JSON.stringify(frames.length === 1 ? frames[0] : frames));
  }

  /** Sends messages with the next free ids, in one text. Returns their ids. */
  send(to: string, ...bodies: unknown[]): number[] {
    const frames = bodies.map((body) => ({ type: "send", id: this.nextId++, to, body }));
    this.say(...frames);
    return frames.map(({ id }) => id);
  }

  ack(seq: unknown): void {
    this.say({ type: "ack", seq });
  }

  /** The next frame; null if none comes in time. */
  async poll(withinMs = ANSWER_MS): Promise<Frame | null> {
    while (this.#frames.length === 0) {
      const text = await this.socket.text(withinMs);
      if (text === null) return null;
      if (text !== "pong") this.#frames.push(...framesOf(text));
    }
    const frame = this.#frames.shift() ?? null;
    if (frame !== null) this.#taken.push(frame);
    return frame;
  }

  async next(): Promise<Frame> {
    return (await this.poll()) ?? this.#missed("a frame");
  }

  /** The next frame with these fields; frames before it are passed over. */
  async until(fields: Frame, withinMs = ANSWER_MS): Promise<Frame> {
    const end = Date.now() + withinMs;
    for (;;) {
      const frame = await this.poll(Math.max(1, end - Date.now()));
      if (frame === null) return this.#missed(JSON.stringify(fields));
      if (Object.entries(fields).every(([name, value]) => frame[name] === value)) return frame;
    }
  }

  /** The next `count` frames of a type; others are passed over. */
  async take(type: string, count: number): Promise<Frame[]> {
    const found: Frame[] = [];
    while (found.length < count) found.push(await this.until({ type }));
    return found;
  }

  /** One accepted message: sends it and waits for the answer. */
  async deliver(to: string, body: unknown): Promise<Frame> {
    const [id] = this.send(to, body);
    const answer = await this.answer(id);
    return answer["type"] === "accepted" ? answer : this.#missed("accepted");
  }

  /** The answer to the send `id`: `accepted` or `refused`. */
  async answer(id: unknown): Promise<Frame> {
    for (;;) {
      const frame = await this.until({ id });
      if (frame["type"] !== "message") return frame;
    }
  }

  /** All frames until the answer to an unknown frame: everything said before has been handled by then ([F2]). */
  async settled(): Promise<Frame[]> {
    this.say({ type: "x-conformance-fence" });
    const before: Frame[] = [];
    for (;;) {
      const frame = await this.poll();
      if (frame === null) return this.#missed("an error for an unknown frame");
      if (frame["type"] === "error") return before;
      before.push(frame);
    }
  }

  /** All frames until the server waits: after the fence nothing came for this time. */
  async quiet(withinMs = QUIET_MS): Promise<Frame[]> {
    const frames = await this.settled();
    for (;;) {
      const frame = await this.poll(withinMs);
      if (frame === null) return frames;
      frames.push(frame);
    }
  }

  /** Expects this text next. */
  async expectText(text: string): Promise<void> {
    const actual = await this.socket.text();
    if (actual !== text) throw new Failure(`expected the text ${text}, received ${actual}`);
  }

  #missed(what: string): never {
    const last = this.#taken.slice(-6).map((frame) => JSON.stringify(frame).slice(0, 200));
    throw new Failure(`${this.user}/${this.name} waited for ${what}. The frames before:\n${last.join("\n")}`);
  }
}

export function framesOf(text: string): Frame[] {
  return [JSON.parse(text) as Frame].flat();
}
