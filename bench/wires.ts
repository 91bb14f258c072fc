// How the load generator speaks to each peer: one pair, a sender and a receiver, and what is heard of its messages.
// A wire knows its peer's frames and nothing of what is counted. Whatever is not expected throws: then there are no figures.
import { WebSocket } from "ws";
import type { Down } from "../src/protocol/down.ts";
import { V1 } from "../src/protocol/version.ts";
import type { PeerName } from "./measures.ts";

/** What is told of message `n`, the first one being 1; `read` when a whole text has been dealt with. */
export interface Ear {
  received(n: number): void;
  confirmed(n: number): void;
  read(): void;
}

export interface Wire {
  /** Sends messages `first` … `first + count - 1` in one text. */
  send(first: number, count: number): void;
  close(): void;
}

/** Opens pair `i` at a server. Every message is an object of about 90 bytes, with its number in front of a sentence. */
export const WIRES: Readonly<Record<PeerName, (url: string, i: number, ear: Ear) => Promise<Wire>>> = {
  restante: openRestante,
  echo: openEcho,
};

async function openRestante(url: string, i: number, ear: Ear): Promise<Wire> {
  const open = async (user: string) => {
    let ready: () => void;
    const welcomed = new Promise<void>((done) => (ready = done));
    const ws = dial(`${url}/client/${user}?device=bench&cursor=head`, [V1], (text) => {
      let last = 0;
      for (const frame of framesOf(text) as Down[]) {
        if ("seq" in frame) last = frame.seq;
        if (frame.type === "welcome") ready();
        else hear(frame, ear);
      }
      if (last > 0) ws.send(`{"type":"ack","seq":${last}}`);
      ear.read();
    });
    await welcomed;
    return ws;
  };
  const receiver = await open(`b${i}`);
  const sender = await open(`a${i}`);
  return wireOf(sender, receiver, `b${i}`);
}

function hear(frame: Down, ear: Ear): void {
  switch (frame.type) {
    case "message":
      if (frame.body !== undefined) ear.received(numberOf(frame.body)); // Without body: the sender's own, in its log.
      break;
    case "accepted":
      if (frame.state !== "stored") throw new Error(`message ${frame.id} is ${frame.state}`);
      ear.confirmed(frame.id);
      break;
    case "mark":
      break;
    default:
      throw new Error(`unexpected: ${JSON.stringify(frame)}`);
  }
}

/** Sender and receiver are one socket; the same texts, read the same way, so that the generator has as much to do a text. */
async function openEcho(url: string, i: number, ear: Ear): Promise<Wire> {
  const ws = dial(`${url}/${i}`, [], (text) => {
    for (const frame of framesOf(text) as { id: number; body: string }[]) {
      ear.received(numberOf(frame.body));
      ear.confirmed(frame.id);
    }
    ear.read();
  });
  await new Promise((done) => ws.once("open", done));
  return wireOf(ws, ws, `b${i}`);
}

function wireOf(sender: WebSocket, receiver: WebSocket, to: string): Wire {
  return {
    send(first, count) {
      const frames = Array.from({ length: count }, (_, k) => {
        const id = first + k;
        return { type: "send", id, to, body: `${id} See you at the station, half past seven.` };
      });
      sender.send(JSON.stringify(count === 1 ? frames[0] : frames));
    },
    close() {
      for (const ws of [sender, receiver]) {
        ws.removeAllListeners("close");
        ws.terminate();
      }
    },
  };
}

function dial(url: string, protocols: string[], read: (text: string) => void): WebSocket {
  const ws = new WebSocket(url, protocols, { perMessageDeflate: false });
  ws.on("message", (data: Buffer) => read(data.toString()));
  ws.on("close", (code) => {
    throw new Error(`${url} closed with ${code}`);
  });
  ws.on("error", (error) => {
    throw error;
  });
  return ws;
}

function framesOf(text: string): unknown[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [value];
}

function numberOf(body: unknown): number {
  return Number.parseInt(String(body), 10);
}
