// Clients of other systems, for the jitter beside ours: users of Socket.IO and of plain `ws` servers behind Redis (bench/peers), as their
// applications would be: they connect again when the network is back, and what is written meanwhile is sent then.
import WebSocket from "ws";
import type { Served } from "../../bench/peers/peer.ts";
import { PEERS } from "../../bench/peers/peers.ts";
import { Gate } from "./gate.ts";
import type { Recorder } from "./history.ts";

/** How one system's client says and hears things. */
interface Speech {
  readonly path: (name: string) => string;
  /** What is said first; null where the address says it all. */
  hello(name: string): string | null;
  /** The text of a message. */
  say(to: string, word: string): string;
  /** The message that a text is, whether it opens the connection, and what to answer at once. */
  hear(text: string): {
    readonly from?: string;
    readonly word?: string;
    readonly opens?: boolean;
    readonly answer?: string;
  };
}

export interface System {
  readonly name: string;
  readonly start: () => Promise<Served>;
  readonly speech: () => Speech;
}

const ws: Speech = {
  path: (name) => `/client/${name}`,
  hello: () => null,
  say: (receiver, msg) => JSON.stringify({ receiver, msg }),
  hear: (text) => {
    const { sender, msg } = JSON.parse(text) as { sender: string; msg: string };
    return { from: sender, word: msg };
  },
};

/** Socket.IO's protocol: `40` connects, `42` is an event, `2` a ping. Who comes back says the name and the offset that it was given. */
function socketio(): Speech {
  const place: { pid?: string; offset?: string } = {};
  return {
    path: () => "/socket.io/?EIO=4&transport=websocket",
    hello: (name) => `40${JSON.stringify({ name, ...place })}`,
    say: (receiver, msg) => `42${JSON.stringify(["message", { receiver, msg }])}`,
    hear(text) {
      if (text === "2") return { answer: "3" };
      if (text.startsWith("40")) {
        const { pid } = JSON.parse(text.slice(2)) as { pid?: string };
        if (pid !== undefined) place.pid = pid;
        return { opens: true };
      }
      if (!text.startsWith("42")) return {};
      const [, { sender, msg }, offset] = JSON.parse(text.slice(2)) as [
        string,
        { sender: string; msg: string },
        string?,
      ];
      if (offset !== undefined) place.offset = offset;
      return { from: sender, word: msg };
    },
  };
}

export const SYSTEMS: readonly System[] = [
  { name: "Socket.IO, Redis adapter", start: () => PEERS["socket.io"](1), speech: socketio },
  { name: "Socket.IO, connection state recovery", start: () => PEERS.recovery(1), speech: socketio },
  { name: "`ws` and Redis Pub/Sub", start: () => PEERS.redis(1), speech: () => ws },
];

/** A user of another system, with a network that comes and goes. */
export class Peer {
  readonly user: string;
  readonly #who: string;
  readonly #gate: Gate;
  readonly #recorder: Recorder;
  readonly #speech: Speech;
  readonly #unsent: string[] = [];
  #ws: WebSocket | null = null;
  #open = false;
  #away = false;
  #count = 0;

  private constructor(user: string, gate: Gate, recorder: Recorder, speech: Speech) {
    this.user = user;
    this.#who = `${user}/a`;
    this.#gate = gate;
    this.#recorder = recorder;
    this.#speech = speech;
    this.#connect();
  }

  static async enter(user: string, served: Served, recorder: Recorder, { speech }: System): Promise<Peer> {
    const gate = await Gate.open(Number(new URL(served.urls[0] ?? "").port));
    return new Peer(user, gate, recorder, speech());
  }

  get online(): boolean {
    return this.#open;
  }

  /** Sends it, or does so when there is a connection. */
  send(to: string): void {
    const word = `${this.#who}/${++this.#count}`;
    this.#recorder.note(this.#who, { is: "sent", word, to });
    this.#unsent.push(word);
    this.#flush(to);
  }

  leave(silently: boolean): void {
    this.#recorder.note(this.#who, { is: "away" });
    this.#away = true;
    this.#gate.away(silently);
  }

  comeBack(): void {
    this.#gate.back();
    this.#away = false;
    this.#recorder.note(this.#who, { is: "back" });
    if (this.#ws === null) this.#connect();
  }

  close(): void {
    this.#away = true;
    this.#ws?.terminate();
    this.#gate.close();
  }

  #to = "";

  #flush(to = this.#to): void {
    this.#to = to;
    if (!this.#open) return;
    for (const word of this.#unsent.splice(0)) {
      this.#ws?.send(this.#speech.say(to, word));
      // All that its sender can know.
      this.#recorder.note(this.#who, { is: "told", word, state: "stored" });
    }
  }

  #connect(): void {
    const socket = new WebSocket(`${this.#gate.url.replace("http", "ws")}${this.#speech.path(this.user)}`);
    this.#ws = socket;
    const opened = () => {
      this.#open = true;
      this.#recorder.note(this.#who, { is: "line", state: "open" });
      this.#flush();
    };
    socket.on("open", () => {
      const hello = this.#speech.hello(this.user);
      if (hello === null) opened();
      else socket.send(hello);
    });
    socket.on("message", (data: Buffer) => {
      const { from, word, opens, answer } = this.#speech.hear(data.toString());
      if (answer !== undefined) socket.send(answer);
      if (opens) opened();
      if (from !== undefined && word !== undefined) this.#recorder.note(this.#who, { is: "shown", word, from, seq: 0 });
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (socket !== this.#ws) return;
      this.#ws = null;
      this.#open = false;
      this.#recorder.note(this.#who, { is: "line", state: "waiting" });
      if (!this.#away) setTimeout(() => this.#ws === null && !this.#away && this.#connect(), 500);
    });
  }
}
