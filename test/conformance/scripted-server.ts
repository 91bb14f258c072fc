// A server on loopback with one mailbox that a case plays: it takes connections, refuses upgrades, leaves them without
// an answer, goes away and comes back at the same port.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { Link } from "./link.ts";
import { RECONNECT_MS, type Recording } from "./recording.ts";

/** What an upgrade meets: a connection, an HTTP status, or silence. */
export type Entrance = "open" | "silent" | number;

export class ScriptedServer {
  /** Every connection, and the time of every attempt to connect, ms. */
  readonly links: Link[] = [];
  readonly attempts: number[] = [];
  entrance: Entrance = "open";
  readonly #recording: Recording;
  readonly #who: string;
  readonly #http: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (offered) => (offered.has("restante.v1") ? "restante.v1" : false),
  });
  #port = 0;
  #taken = 0;

  private constructor(recording: Recording, who: string) {
    this.#recording = recording;
    this.#who = who;
    this.#http = createServer((_, response) => {
      const body = { type: "urn:restante:not_found", title: "Not found", status: 404, code: "not_found" };
      const problem = {
        ...body,
        message: "This server has no such address.",
        detail: "This server has no such address.",
      };
      response.writeHead(404, { "Content-Type": "application/problem+json" }).end(JSON.stringify(problem));
    });
    this.#http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
    });
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** `who`: how the recording names its connections. */
  static async start(recording: Recording, who = "1"): Promise<ScriptedServer> {
    const server = new ScriptedServer(recording, who);
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The next connection that the case has not taken yet. */
  async connection(withinMs = RECONNECT_MS): Promise<Link> {
    const link = await this.#recording.until("the client connects", () => this.links[this.#taken], withinMs);
    this.#taken++;
    return link;
  }

  /** Connections that the case has not taken. */
  get unexpected(): readonly Link[] {
    return this.links.slice(this.#taken);
  }

  /** Nobody listens any more, and all connections are cut: the server was killed. */
  async goAway(): Promise<void> {
    this.#recording.add(`${this.#who} *`, "the server is killed");
    const closed = new Promise<void>((done) => this.#http.close(() => done()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Listens, after `goAway` at the same port. */
  async comeBack(): Promise<void> {
    await new Promise<void>((done) => this.#http.listen(this.#port, "127.0.0.1", done));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** Ends it after a case. */
  async stop(): Promise<void> {
    for (const link of this.links) link.drop();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#http.listening) await new Promise<void>((done) => this.#http.close(() => done()));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.attempts.push(performance.now());
    if (this.entrance === "silent")
      return this.#recording.add(`${this.#who} *`, `an upgrade without an answer: ${request.url}`);
    if (this.entrance !== "open") {
      this.#recording.add(`${this.#who} *`, `an upgrade refused with ${this.entrance}: ${request.url}`);
      socket.end(`HTTP/1.1 ${this.entrance} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (ws) => {
      this.links.push(new Link(ws, request, this.#recording, `${this.#who}.${this.links.length + 1}`));
      this.#recording.changed();
    });
  }
}
