// Clients of other systems, to compare under jitter: Socket.IO and plain `ws` servers behind Redis (bench/peers). They
// behave as their applications would: they reconnect when the network is back, and then send the messages that were
// written meanwhile.
import WebSocket from "ws";
import type { Served } from "../../bench/peers/peer.ts";
import { PEERS } from "../../bench/peers/peers.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import type { Recorder } from "./history.ts";

/** The wire format of one system. */
interface WireFormat {
  readonly path: (name: string) => string;
  /** The first text; null if the URL is enough. */
  hello(name: string): string | null;
  /** The text of a message. */
  encode(to: string, word: string): string;
  /** The message in a text, whether the text opens the connection, and a text to send back at once. */
  decode(text: string): {
    readonly from?: string;
    readonly word?: string;
    readonly opens?: boolean;
    readonly answer?: string;
  };
}

export interface System {
  readonly name: string;
  readonly start: () => Promise<Served>;
  readonly wireFormat: () => WireFormat;
}

const ws: WireFormat = {
  path: (name) => `/client/${name}`,
  hello: () => null,
  encode: (receiver, msg) => JSON.stringify({ receiver, msg }),
  decode: (text) => {
    const { sender, msg } = JSON.parse(text) as { sender: string; msg: string };
    return { from: sender, word: msg };
  },
};

/**
 * Socket.IO's protocol: `40` connects, `42` is an event, `2` a ping. A reconnecting client sends the session id and
 * offset that it received.
 */
function socketio(): WireFormat {
  const session: { pid?: string; offset?: string } = {};
  return {
    path: () => "/socket.io/?EIO=4&transport=websocket",
    hello: (name) => `40${JSON.stringify({ name, ...session })}`,
    encode: (receiver, msg) => `42${JSON.stringify(["message", { receiver, msg }])}`,
    decode(text) {
      if (text === "2") return { answer: "3" };
      if (text.startsWith("40")) {
        const { pid } = JSON.parse(text.slice(2)) as { pid?: string };
        if (pid !== undefined) session.pid = pid;
        return { opens: true };
      }
      if (!text.startsWith("42")) return {};
      const [, { sender, msg }, offset] = JSON.parse(text.slice(2)) as [
        string,
        { sender: string; msg: string },
        string?,
      ];
      if (offset !== undefined) session.offset = offset;
      return { from: sender, word: msg };
    },
  };
}

export const SYSTEMS: readonly System[] = [
  { name: "Socket.IO, Redis adapter", start: () => PEERS["socket.io"](1), wireFormat: socketio },
  { name: "Socket.IO, connection state recovery", start: () => PEERS.recovery(1), wireFormat: socketio },
  { name: "`ws` and Redis Pub/Sub", start: () => PEERS.redis(1), wireFormat: () => ws },
];

/** A client of another system, behind its own network. */
export class OtherClient {
  readonly user: string;
  readonly #id: string;
  readonly #proxy: TcpProxy;
  readonly #recorder: Recorder;
  readonly #format: WireFormat;
  readonly #unsent: string[] = [];
  #ws: WebSocket | null = null;
  #open = false;
  #isOffline = false;
  #count = 0;

  private constructor(user: string, proxy: TcpProxy, recorder: Recorder, format: WireFormat) {
    this.user = user;
    this.#id = `${user}/a`;
    this.#proxy = proxy;
    this.#recorder = recorder;
    this.#format = format;
    this.#connect();
  }

  static async connect(user: string, served: Served, recorder: Recorder, { wireFormat }: System): Promise<OtherClient> {
    const proxy = await TcpProxy.open(Number(new URL(served.urls[0] ?? "").port));
    return new OtherClient(user, proxy, recorder, wireFormat());
  }

  get online(): boolean {
    return this.#open;
  }

  /** Sends a message, now or when there is a connection. */
  send(to: string): void {
    const word = `${this.#id}/${++this.#count}`;
    this.#recorder.record(this.#id, { is: "sent", word, to });
    this.#unsent.push(word);
    this.#flush(to);
  }

  goOffline(silently: boolean): void {
    this.#recorder.record(this.#id, { is: "offline" });
    this.#isOffline = true;
    this.#proxy.goOffline(silently);
  }

  goOnline(): void {
    this.#proxy.goOnline();
    this.#isOffline = false;
    this.#recorder.record(this.#id, { is: "online" });
    if (this.#ws === null) this.#connect();
  }

  close(): void {
    this.#isOffline = true;
    this.#ws?.terminate();
    this.#proxy.close();
  }

  #to = "";

  #flush(to = this.#to): void {
    this.#to = to;
    if (!this.#open) return;
    for (const word of this.#unsent.splice(0)) {
      this.#ws?.send(this.#format.encode(to, word));
      // The sender can't know more than that it was sent.
      this.#recorder.record(this.#id, { is: "notified", word, state: "stored" });
    }
  }

  #connect(): void {
    const socket = new WebSocket(`${this.#proxy.url.replace("http", "ws")}${this.#format.path(this.user)}`);
    this.#ws = socket;
    const opened = () => {
      this.#open = true;
      this.#recorder.record(this.#id, { is: "connection", state: "open" });
      this.#flush();
    };
    socket.on("open", () => {
      const hello = this.#format.hello(this.user);
      if (hello === null) opened();
      else socket.send(hello);
    });
    socket.on("message", (data: Buffer) => {
      const { from, word, opens, answer } = this.#format.decode(data.toString());
      if (answer !== undefined) socket.send(answer);
      if (opens) opened();
      if (from !== undefined && word !== undefined)
        this.#recorder.record(this.#id, { is: "shown", word, from, seq: 0 });
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (socket !== this.#ws) return;
      this.#ws = null;
      this.#open = false;
      this.#recorder.record(this.#id, { is: "connection", state: "waiting" });
      if (!this.#isOffline) setTimeout(() => this.#ws === null && !this.#isOffline && this.#connect(), 500);
    });
  }
}
