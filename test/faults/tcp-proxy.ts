// The network of one client: its own TCP proxy in front of a server. It can reset connections without a close, be
// offline, and drop the bytes of one direction or of both. It knows only bytes.
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";

/** Which bytes are dropped: those of the client, those of the server, or both. */
export type Dropped = "none" | "up" | "down" | "both";

/** One connection: the socket of the client, and that of the server. */
interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  dropped: Dropped;
}

export class TcpProxy {
  readonly #listener: Listener;
  readonly #connections = new Set<Connection>();
  readonly #port: number;
  #isOffline = false;
  #dropped: Dropped = "none";

  private constructor(port: number, listener: Listener) {
    this.#port = port;
    this.#listener = listener;
    listener.on("connection", (client) => this.#accept(client));
  }

  /** In front of `port` on this machine. */
  static async open(port: number): Promise<TcpProxy> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    return new TcpProxy(port, listener);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Open connections, as the client sees them. */
  get size(): number {
    return this.#connections.size;
  }

  /** Resets every connection without a close. `silently`: the server's side receives no reset either. */
  cut(silently = false): void {
    for (const connection of this.#connections) {
      if (silently) connection.dropped = "both";
      else connection.server.destroy();
      connection.client.resetAndDestroy();
    }
  }

  /** No network until `goOnline`: open connections are reset, and new ones refused. */
  goOffline(silently = false): void {
    this.#isOffline = true;
    this.cut(silently);
  }

  goOnline(): void {
    this.#isOffline = false;
  }

  /** Drops the bytes of open and new connections without ending them. `none` applies to new connections only. */
  drop(dropped: Dropped): void {
    this.#dropped = dropped;
    if (dropped !== "none") for (const connection of this.#connections) connection.dropped = dropped;
  }

  close(): void {
    this.#listener.close();
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
  }

  #accept(client: Socket): void {
    if (this.#isOffline) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    const connection: Connection = { client, server, dropped: this.#dropped };
    this.#connections.add(connection);
    client.on("data", (bytes) => {
      if (connection.dropped !== "up" && connection.dropped !== "both") forward(bytes, client, server);
    });
    server.on("data", (bytes) => {
      if (connection.dropped !== "down" && connection.dropped !== "both") forward(bytes, server, client);
    });
    const ended = () => {
      if (client.destroyed && (server.destroyed || connection.dropped === "none")) this.#connections.delete(connection);
      // The end of a connection is dropped like its bytes.
      if (connection.dropped !== "none") return;
      client.destroy();
      server.destroy();
    };
    for (const side of [client, server]) {
      side.on("close", ended);
      side.on("error", () => side.destroy());
    }
  }
}

/** Forwards with backpressure. */
function forward(bytes: Buffer, from: Socket, to: Socket): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
