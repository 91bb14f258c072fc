// The client's side of one connection, on `ws` alone: what was received, in order, with a deadline for each wait.
// It is no SDK: it numbers nothing, acknowledges nothing and connects once.
import WebSocket from "ws";

export type Frame = Readonly<Record<string, unknown>>;

/** How long a case waits for a frame that has to come, ms. */
export const ANSWER_MS = 10_000;
/** Texts of ours that the server accepts stay below this; texts of the server too. */
const MAX_TEXT_BYTES = 2_000_000;

/** Ms between two looks for a close frame: `ws` has no event for it. */
const CLOSE_FRAME_POLL_MS = 20;

/** A refused upgrade. */
export interface HttpRefusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export type Connected = { readonly socket: Socket } | { readonly refused: HttpRefusal };

export interface Upgrade {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

export class Socket {
  readonly #ws: WebSocket;
  readonly #texts: string[] = [];
  #closed: Closed | null = null;
  /** Whether this side closes. */
  #isClosing = false;
  #wake: () => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (data, isBinary) => this.#receive(isBinary ? "(binary)" : String(data)));
    ws.on("close", (code, reason) => {
      this.#closed = { code, reason: String(reason) };
      this.#wake();
    });
  }

  static connect({ url, protocols, headers }: Upgrade): Promise<Connected> {
    const ws = new WebSocket(url, [...protocols], { headers, maxPayload: MAX_TEXT_BYTES, handshakeTimeout: ANSWER_MS });
    const socket = new Socket(ws);
    return new Promise((done, fail) => {
      ws.once("open", () => done({ socket }));
      ws.once("error", fail);
      ws.once("unexpected-response", (_, response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () => {
          const { statusCode: status = 0, headers } = response;
          done({
            refused: { status, contentType: headers["content-type"] ?? "", body: Buffer.concat(chunks).toString() },
          });
        });
      });
    });
  }

  /** The subprotocol that the server selected; "" for none. */
  get protocol(): string {
    return this.#ws.protocol;
  }

  send(text: string | Buffer): void {
    this.#ws.send(text);
  }

  /** The next text, or null if none comes in time. */
  async text(withinMs = ANSWER_MS): Promise<string | null> {
    await this.#until(() => this.#texts.length > 0 || this.#closed !== null, withinMs);
    return this.#texts.shift() ?? null;
  }

  /**
   * The close: the code and reason of the server's close frame, or how the connection ended; null if neither comes in
   * time. `ws` reports a close frame of the server when the TCP connection ends, which may take 10 s ([C1]): this side
   * ends it.
   */
  async closed(withinMs = ANSWER_MS): Promise<Closed | null> {
    const hurry = setInterval(() => {
      if (this.#ws.readyState === WebSocket.CLOSING && !this.#isClosing) this.#ws.terminate();
    }, CLOSE_FRAME_POLL_MS);
    await this.#until(() => this.#closed !== null, withinMs);
    clearInterval(hurry);
    return this.#closed;
  }

  close(): void {
    this.#isClosing = true;
    this.#ws.close(1000);
  }

  /** Ends the TCP connection without a close frame. */
  async cut(): Promise<void> {
    this.#ws.terminate();
    await this.closed();
  }

  #receive(text: string): void {
    this.#texts.push(text);
    this.#wake();
  }

  async #until(isDone: () => boolean, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (!isDone() && Date.now() < end) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, end - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }
}
