// A slow link: a TCP proxy in front of a server. All its connections together carry a given number of bytes a second,
// each way.
import { type AddressInfo, connect, createServer, type Server as Listener, type Socket } from "node:net";

/** Ms between two pieces: a piece has what the link carries in this time. */
const PIECE_MS = 50;

export class SlowLink {
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();
  /** When each way is free again, ms of `performance.now`. */
  readonly #freeAt = { up: 0, down: 0 };
  readonly #bytesPerSecond: number;

  private constructor(port: number, listener: Listener, bytesPerSecond: number) {
    this.#listener = listener;
    this.#bytesPerSecond = bytesPerSecond;
    listener.on("connection", (client) => {
      const server = connect({ port, host: "127.0.0.1", noDelay: true });
      this.#carry(client, server, "up");
      this.#carry(server, client, "down");
    });
  }

  /** In front of `port` on this machine. */
  static async open(port: number, bytesPerSecond: number): Promise<SlowLink> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    return new SlowLink(port, listener, bytesPerSecond);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket, way: "up" | "down"): void {
    this.#sockets.add(from);
    from.on("readable", () => this.#carryNext(from, to, way));
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Reads no more than the link takes now, so that the rest waits at the sender. */
  #carryNext(from: Socket, to: Socket, way: "up" | "down"): void {
    const now = performance.now();
    if (this.#freeAt[way] > now) {
      setTimeout(() => this.#carryNext(from, to, way), this.#freeAt[way] - now);
      return;
    }
    const most = Math.ceil((this.#bytesPerSecond * PIECE_MS) / 1_000);
    const piece = from.read(Math.min(most, from.readableLength)) as Buffer | null;
    if (piece === null) return;
    to.write(piece);
    this.#freeAt[way] = now + (piece.length / this.#bytesPerSecond) * 1_000;
    if (from.readableLength > 0) this.#carryNext(from, to, way);
  }
}
