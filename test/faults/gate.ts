// The network of one client: a TCP proxy of its own in front of a server, that can be cut without a close, be away, swallow what goes
// one way or both, and be slow. It knows bytes and nothing of what they mean.
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";

/** Which bytes vanish: those of the client, those of the server, or all of them. */
export type Deaf = "none" | "up" | "down" | "both";

/** One connection: the client's side, and the server's. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  deaf: Deaf;
}

export class Gate {
  readonly #listener: Listener;
  readonly #pairs = new Set<Pair>();
  readonly #port: number;
  #away = false;
  #deaf: Deaf = "none";

  private constructor(port: number, listener: Listener) {
    this.#port = port;
    this.#listener = listener;
    listener.on("connection", (near) => this.#accept(near));
  }

  /** In front of `port` on this machine. */
  static async open(port: number): Promise<Gate> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    return new Gate(port, listener);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Open connections, as the client sees them. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Every connection breaks without a close. `silently`: the server's side hears of nothing, not even that. */
  cut(silently = false): void {
    for (const pair of this.#pairs) {
      if (silently) pair.deaf = "both";
      else pair.far.destroy();
      pair.near.resetAndDestroy();
    }
  }

  /** No network until `back`: what is open breaks, and nothing new gets through. */
  away(silently = false): void {
    this.#away = true;
    this.cut(silently);
  }

  back(): void {
    this.#away = false;
  }

  /** What goes these ways vanishes from now on, without an end of the connection; `none` is for new connections: what is deaf stays so. */
  swallow(deaf: Deaf): void {
    this.#deaf = deaf;
    if (deaf !== "none") for (const pair of this.#pairs) pair.deaf = deaf;
  }

  close(): void {
    this.#listener.close();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  #accept(near: Socket): void {
    if (this.#away) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    const pair: Pair = { near, far, deaf: this.#deaf };
    this.#pairs.add(pair);
    near.on("data", (bytes) => {
      if (pair.deaf !== "up" && pair.deaf !== "both") carry(bytes, near, far);
    });
    far.on("data", (bytes) => {
      if (pair.deaf !== "down" && pair.deaf !== "both") carry(bytes, far, near);
    });
    const ended = () => {
      if (near.destroyed && (far.destroyed || pair.deaf === "none")) this.#pairs.delete(pair);
      // An end vanishes like everything else.
      if (pair.deaf !== "none") return;
      near.destroy();
      far.destroy();
    };
    for (const side of [near, far]) {
      side.on("close", ended);
      side.on("error", () => side.destroy());
    }
  }
}

/** As fast as the other side takes it. */
function carry(bytes: Buffer, from: Socket, to: Socket): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
