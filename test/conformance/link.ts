// One connection of the client under test, from the mailbox's side: it sends exactly the frames of a case, and keeps
// what the client sent until the case takes it. Every frame of the client is read as the server reads it.
import { isDeepStrictEqual } from "node:util";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { readFrames } from "../../src/protocol/up.ts";
import { parseJson } from "../../src/protocol/json.ts";
import { type Frame, LIMITS } from "./frames.ts";
import { firstOf, RECONNECT_MS, type Recording, WITHIN_MS } from "./recording.ts";

/** Bytes of a piece on a slow link: few enough that characters of several bytes are cut. */
const PIECE_BYTES = 61;
const PIECE_PAUSE_MS = 2;
/** Ms in which a client that reacts to a frame at all has done so: it waits only for its own disk. */
const REACTION_MS = 700;

export class Link {
  /** The path and the query of the upgrade, and what it offered. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly offered: readonly string[];
  readonly authorization: string;
  /** When it was opened, ms. */
  readonly openedAt = performance.now();
  /** Every frame of the client, and every text. */
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  isOver = false;
  #isWelcomed = false;
  #hasRuns = false;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #recording: Recording;
  readonly #taken = new Set<Frame>();
  readonly #who: string;
  #isFrozen = false;
  /** The highest seq that was sent, or with which the client came. */
  #highest: number;

  constructor(ws: WebSocket, request: IncomingMessage, recording: Recording, who: string) {
    const url = new URL(request.url ?? "", "http://mailbox.test");
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    this.authorization = request.headers.authorization ?? "";
    this.#highest = Number(this.query["cursor"] ?? 0) || 0;
    this.#ws = ws;
    this.#socket = request.socket;
    this.#recording = recording;
    this.#who = who;
    recording.add(`${who} *`, `connects: ${request.url}`);
    ws.on("message", (data, isBinary) => this.#receive(String(data), isBinary));
    ws.on("ping", (data) => ws.pong(data));
    ws.on("close", (code) => this.#over(`the connection is closed, ${code}`));
    ws.on("error", (error) => recording.add(`${who} *`, `the connection fails: ${error.message}`));
  }

  /** The token of the upgrade, in the subprotocol or the header; null without one. */
  get token(): string | null {
    const offered = this.offered.find((name) => name.startsWith("bearer."));
    return offered?.slice("bearer.".length) ?? (this.authorization.replace(/^Bearer /, "") || null);
  }

  /** Sends frames as one text: a frame, or an array of several. */
  deliver(...frames: readonly Frame[]): void {
    this.deliverAs(JSON.stringify(frames.length === 1 ? frames[0] : frames), frames);
  }

  /** Sends frames as a text that means them. */
  deliverAs(text: string, frames: readonly Frame[]): void {
    this.#recording.add(`${this.#who} <`, text);
    this.#sent(frames);
    this.#ws.send(text);
  }

  /** Sends frames as one text, on a slow link: cut into fragments of WebSocket, and these into small pieces of TCP. */
  async deliverSlowly(...frames: readonly Frame[]): Promise<void> {
    const text = JSON.stringify(frames);
    this.#recording.add(`${this.#who} <`, `slowly: ${text}`);
    this.#sent(frames);
    const bytes = inFragments(Buffer.from(text), 5);
    for (let at = 0; at < bytes.length && !this.isOver; at += PIECE_BYTES) {
      this.#socket.write(bytes.subarray(at, at + PIECE_BYTES));
      await new Promise((done) => setTimeout(done, PIECE_PAUSE_MS));
    }
  }

  /** The first frame of a connection. */
  welcome(about: Frame = {}): void {
    const { device = "" } = this.query;
    const given = { version: 1, user: "alice", device, epoch: "e1", head: 0, lastId: 0, limits: LIMITS };
    this.deliver({ type: "welcome", ...given, ...about });
  }

  /** The next frame of the client of this type that was not taken yet. */
  async next(type: string, expected = `the client sends \`${type}\``, withinMs = WITHIN_MS): Promise<Frame> {
    return this.#take(expected, (frame) => frame["type"] === type, withinMs);
  }

  /** The next `send` is exactly this. */
  async takes(id: number, body: unknown, to = "bob", withinMs = WITHIN_MS): Promise<void> {
    const wanted = { type: "send", id, to, body };
    const frame = await this.next("send", `the client sends ${JSON.stringify(wanted)}`, withinMs);
    if (!isDeepStrictEqual(frame, wanted))
      throw this.#recording.failure(`Expected: ${JSON.stringify(wanted)}. The client sent ${JSON.stringify(frame)}.`);
  }

  /** The next `send` frames are these bodies to one receiver, with ids from `id` on. */
  async takesAll(id: number, bodies: readonly unknown[], to = "bob"): Promise<void> {
    for (const [at, body] of bodies.entries()) await this.takes(id + at, body, to);
  }

  /** The client has acknowledged everything up to `seq`, on this connection. */
  async acked(seq: number, withinMs = WITHIN_MS): Promise<void> {
    await this.#recording.until(
      `an \`ack\` of ${seq}`,
      firstOf(this.frames, (frame) => frame["type"] === "ack" && Number(frame["seq"]) >= seq),
      withinMs,
    );
  }

  /**
   * Delivers a notice with this seq and waits until the client has read it, and then until `until` (of
   * performance.now()): by default for as long as a client without haste takes to react. In all that time it sends no
   * message.
   */
  async holdsBack(seq: number, until?: number): Promise<void> {
    await this.reads(seq);
    const ms = until === undefined ? REACTION_MS : Math.max(0, until - performance.now());
    await this.#recording.never("message before its time", ms, () => this.unexpected[0]);
  }

  /** Like `holdsBack`: the client sends no frame of this type on this connection. */
  async sendsNo(type: string, seq: number): Promise<void> {
    await this.reads(seq);
    await this.#recording.never(`\`${type}\``, REACTION_MS, () => this.frames.find((frame) => frame["type"] === type));
  }

  /** Delivers a notice with this seq and waits until the client has read it, and so everything before it. */
  async reads(seq: number): Promise<void> {
    this.deliver({ type: "notice", seq, code: "new_device", message: "A sentence.", at: 1_790_000_000_000 });
    await this.acked(seq);
  }

  /** `send` frames that the case has not taken. */
  get unexpected(): Frame[] {
    return this.frames.filter((frame) => frame["type"] === "send" && !this.#taken.has(frame));
  }

  /** Breaks the connection, as a lost network does. */
  cut(): void {
    this.#recording.add(`${this.#who} *`, "the connection is cut");
    this.isOver = true;
    this.#socket.destroy();
  }

  /** From now on bytes are accepted, and nothing is answered. */
  freeze(): void {
    this.#recording.add(`${this.#who} *`, "the network goes silent");
    this.#isFrozen = true;
    this.#ws.pause();
  }

  /** From now on nothing arrives from the client, and everything arrives at it. */
  deafen(): void {
    this.#recording.add(`${this.#who} *`, "the way up is dead");
    this.#isFrozen = true;
  }

  /** Closes it as the server does, with a close frame; with `closing` before it, which names `reason` and `code`. */
  close(code: number, reason = "", closing: Frame | null = null): void {
    if (closing !== null) this.deliver({ type: "closing", code, reason, message: "A sentence.", ...closing });
    this.#recording.add(`${this.#who} *`, `the server closes with ${code}`);
    this.#ws.close(code, reason);
  }

  /** The client has closed this connection, or lost it. */
  async over(withinMs = RECONNECT_MS): Promise<void> {
    await this.#recording.until("the client closes the connection", () => this.isOver || undefined, withinMs);
  }

  /** Ends it without a line in the recording, after a case. */
  drop(): void {
    this.#socket.destroy();
  }

  #sent(frames: readonly Frame[]): void {
    for (const { type, seq, runs } of frames) {
      if (typeof seq === "number" && seq > this.#highest) this.#highest = seq;
      if (type === "welcome") this.#isWelcomed = true;
      if (runs === true) this.#hasRuns = true;
    }
  }

  async #take(expected: string, matches: (frame: Frame) => boolean, withinMs: number): Promise<Frame> {
    const frame = await this.#recording.until(
      expected,
      firstOf(this.frames, (one) => !this.#taken.has(one) && matches(one)),
      withinMs,
    );
    this.#taken.add(frame);
    return frame;
  }

  #receive(text: string, isBinary: boolean): void {
    if (this.#isFrozen) return;
    this.texts.push(text);
    if (text === "ping") this.#ws.send("pong");
    this.#recording.add(`${this.#who} >`, text);
    if (text === "ping") return;
    if (!this.#isWelcomed) this.#wrong("[T1] The client sends something before `welcome`");
    const value = isBinary ? undefined : parseJson(text);
    const wrong = readFrames(value).find((up) => up.type === "error");
    if (wrong !== undefined) return this.#wrong(`[F2] The server would not read this text: ${JSON.stringify(wrong)}`);
    for (const frame of [value].flat() as Frame[]) {
      if (frame["type"] === "send" && "bodies" in frame && !this.#hasRuns)
        this.#wrong("[F8] Runs were not granted, and the client sends one");
      if (frame["type"] === "ack" && Number(frame["seq"]) > this.#highest)
        this.#wrong(`[W2] The client acknowledges ${frame["seq"]}, and was sent ${this.#highest} at most`);
      this.frames.push(frame);
    }
    this.#recording.changed();
  }

  #wrong(sentence: string): void {
    this.#recording.fail(this.#recording.failure(`${sentence}.`));
  }

  #over(how: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#recording.add(`${this.#who} *`, how);
  }
}

/** A text as `count` fragments of WebSocket (RFC 6455, 5.4), unmasked as a server sends them. */
function inFragments(text: Buffer, count: number): Buffer {
  const size = Math.ceil(text.length / count);
  const frames: Buffer[] = [];
  for (let at = 0; at < text.length; at += size) {
    const part = text.subarray(at, at + size);
    const isLast = at + size >= text.length;
    const header = Buffer.alloc(part.length < 126 ? 2 : 4);
    header[0] = (isLast ? 0x80 : 0) | (at === 0 ? 1 : 0);
    if (part.length < 126) header[1] = part.length;
    else {
      if (part.length > 0xffff) throw new Error("a fragment of a slow link has at most 65,535 bytes");
      header[1] = 126;
      header.writeUInt16BE(part.length, 2);
    }
    frames.push(header, part);
  }
  return Buffer.concat(frames);
}
