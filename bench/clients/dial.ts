// One WebSocket. What is said in one moment goes to the system in one call, and what is to follow on what was heard in one moment is
// done once: the load generator shares its cores with the server.
import type { Socket } from "node:net";
import { WebSocket } from "ws";

export interface Line {
  say(text: string): void;
  /** At once, without a closing handshake. */
  cut(): void;
}

/** Resolves when it is open. Whatever ends it but `cut` is an error that nobody catches. */
export async function dial(url: string, protocols: string[], hear: (text: string, line: Line) => void): Promise<Line> {
  const ws = new WebSocket(url, protocols, { perMessageDeflate: false });
  let socket: Socket | undefined;
  let corked = false;
  let cut = false;
  ws.on("upgrade", (response) => (socket = response.socket));
  ws.on("message", (data: Buffer) => {
    if (!cut) hear(data.toString(), line);
  });
  ws.on("close", (code) => {
    if (!cut) throw new Error(`${url} closed with ${code}`);
  });
  ws.on("error", (error) => {
    if (!cut) throw error;
  });
  const line: Line = {
    say(text) {
      if (cut) return;
      if (!corked) {
        corked = true;
        socket?.cork();
        process.nextTick(() => {
          corked = false;
          socket?.uncork();
        });
      }
      ws.send(text);
    },
    cut() {
      cut = true;
      ws.terminate();
    },
  };
  await new Promise((done) => ws.once("open", done));
  return line;
}

/** What `open` gives, as a user's connection: cut, and opened again. */
export async function lasting(open: () => Promise<Line>): Promise<{ line: Line; cut(): void; back(): Promise<void> }> {
  const held = {
    line: await open(),
    cut: () => held.line.cut(),
    back: async () => void (held.line = await open()),
  };
  return held;
}

/** Calls `act` once, when everything that has arrived was heard. */
export function soon(act: () => void): () => void {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    setImmediate(() => {
      waits = false;
      act();
    });
  };
}
