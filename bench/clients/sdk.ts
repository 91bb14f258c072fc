// Restante as applications use it: the SDK, with its store in memory. Its WebSocket is the one that all clients here use.
import { WebSocket } from "ws";
import type { Connect } from "./client.ts";
import { connect } from "./sdk-module.ts";
import { bodyOf, numberOf } from "./text.ts";

/** The network of one user: its sockets, and whether there is any way out. */
const networks = new Map<string, { away: boolean; sockets: Set<WebSocket> }>();

class Socket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    const network = networks.get(new URL(url).pathname);
    // Port 9 of loopback, where nobody listens.
    super(network?.away ? "ws://127.0.0.1:9" : url, protocols, { perMessageDeflate: false });
    network?.sockets.add(this);
    this.on("error", () => undefined);
    this.on("close", () => network?.sockets.delete(this));
  }
}

Object.assign(globalThis, { WebSocket: Socket });

export const connectSdk: Connect = async (url, name, ear, { fromStart = false, reads = false }) => {
  const network = { away: false, sockets: new Set<WebSocket>() };
  networks.set(`/client/${name}`, network);
  const me = connect({ url, userName: name, device: "bench", since: fromStart ? "start" : "now" });
  let expected = true;
  me.messages.subscribe(({ from, body }) => {
    ear.message(from, numberOf(body));
    if (reads) me.read(from);
  });
  const opened = () =>
    new Promise<void>((done) => {
      const stop = me.connection.subscribe((state) => {
        if (state.is === "open") queueMicrotask(() => stop());
        if (state.is === "open") done();
      });
    });
  me.connection.subscribe((state) => {
    if (expected && (state.is === "waiting" || state.is === "stopped")) throw new Error(JSON.stringify(state));
  });
  await opened();
  const follow = (to: string, n: number) => {
    const stop = me.send(to, bodyOf(n)).state.subscribe((state) => {
      if (state.is === "sending") return;
      if (state.is === "failed" || state.is === "queued") throw new Error(`message ${n} is ${state.is}`);
      stop();
      ear.confirmed(n);
    });
  };
  return {
    send(to, first, count) {
      for (let n = first; n < first + count; n++) follow(to, n);
    },
    cut() {
      expected = false;
      network.away = true;
      for (const socket of network.sockets) socket.terminate();
    },
    async back() {
      network.away = false;
      // What a browser does by itself when the network is there again.
      me.check();
      await opened();
      expected = true;
    },
    close() {
      expected = false;
      void me.close();
    },
  };
};
