// Devices for tests inside the runtime: real sockets through the real door, frames as they come. Nothing here sleeps:
// a test waits for a frame.
import { exports } from "cloudflare:workers";
import { readDown, type Down } from "../../src/protocol/down.ts";
import { V1 } from "../../src/protocol/version.ts";

export type Frame = Record<string, unknown>;

/** An upgrade through the door. `protocol` null offers none. */
export async function upgrade(
  path: string,
  protocol: string | null,
  headers: Record<string, string> = {},
): Promise<Response> {
  const offer = protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol };
  return exports.default.fetch(
    new Request(`http://restante.test${path}`, { headers: { Upgrade: "websocket", ...offer, ...headers } }),
  );
}

/** One socket from the client's side. */
export class Line {
  readonly #ws: WebSocket;
  readonly #texts: string[] = [];
  readonly #waiting: (() => void)[] = [];
  /** The close event, when it came. */
  closed: { code: number; reason: string } | null = null;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.addEventListener("message", (event) => {
      this.#texts.push(typeof event.data === "string" ? event.data : "(binary)");
      this.#wake();
    });
    ws.addEventListener("close", (event) => {
      this.closed = { code: event.code, reason: event.reason };
      this.#wake();
    });
    ws.accept();
  }

  static of(response: Response): Line {
    if (response.webSocket === null) throw new Error(`not upgraded: ${response.status}`);
    return new Line(response.webSocket);
  }

  say(text: string | ArrayBuffer): void {
    this.#ws.send(text);
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

  async end(): Promise<{ code: number; reason: string }> {
    while (this.closed === null) await new Promise<void>((done) => this.#waiting.push(done));
    return this.closed;
  }

  close(code = 1000): void {
    this.#ws.close(code);
  }

  /** What arrived and was not asked for yet. */
  get unread(): number {
    return this.#texts.length;
  }

  #wake(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

/** A v1 device: frames one by one, in the order in which they came. */
export class Device {
  readonly line: Line;
  readonly #frames: Frame[] = [];
  welcome: Extract<Down, { type: "welcome" }>;

  private constructor(line: Line, welcome: Device["welcome"], rest: Frame[]) {
    this.line = line;
    this.welcome = welcome;
    this.#frames = rest;
  }

  /** Connects, and takes `welcome`. `query` is what follows `device=…`. */
  static async open(user: string, device = "phone", query = ""): Promise<Device> {
    const path = `/client/${encodeURIComponent(user)}?device=${device}${query}`;
    const line = Line.of(await upgrade(path, V1));
    const [first, ...rest] = framesOf(await line.text());
    const welcome = readDown(first);
    if (welcome?.type !== "welcome") throw new Error(`welcome is not first: ${JSON.stringify(first)}`);
    return new Device(line, welcome, rest);
  }

  send(...frames: unknown[]): void {
    this.line.say(JSON.stringify(frames.length === 1 ? frames[0] : frames));
  }

  /** The next frame, whatever it is. */
  async next(): Promise<Frame> {
    while (this.#frames.length === 0) this.#frames.push(...framesOf(await this.line.text()));
    return this.#frames.shift() ?? {};
  }

  /** The next frame of this type; those before it are passed over. */
  async until(type: string): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (frame["type"] === type) return frame;
    }
  }

  /** The next `count` frames of this type. */
  async take(type: string, count: number): Promise<Frame[]> {
    const found: Frame[] = [];
    while (found.length < count) found.push(await this.until(type));
    return found;
  }

  /** Everything that came before the answer to a frame that is none: the quiet that follows is certain. */
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

/** A plain client. */
export async function plain(user: string): Promise<Line> {
  return Line.of(await upgrade(`/client/${encodeURIComponent(user)}`, null));
}

export async function heard(line: Line): Promise<Frame> {
  return JSON.parse(await line.text()) as Frame;
}

function framesOf(text: string): Frame[] {
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]) as Frame[];
}

let count = 0;

/** A name that no other test has. */
export function fresh(name: string): string {
  return `${name}-${++count}`;
}
