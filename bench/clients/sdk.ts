// Restante as applications use it: the SDK, with its store in memory. Its WebSocket is the one that all clients here use.
import { WebSocket } from "ws";
import { connect } from "../../src/client/connect.ts";
import type { Connect } from "./client.ts";
import { bodyOf, numberOf } from "./text.ts";

class Socket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

Object.assign(globalThis, { WebSocket: Socket });

export const connectSdk: Connect = async (url, name, ear, { fromStart = false }) => {
  const me = connect({ url, userName: name, device: "bench", since: fromStart ? "start" : "now" });
  let closed = false;
  me.messages.subscribe(({ from, body }) => ear.message(from, numberOf(body)));
  await new Promise<void>((done) => {
    me.connection.subscribe((state) => {
      if (state.is === "open") done();
      else if (state.is !== "connecting" && !closed) throw new Error(`${name}: ${JSON.stringify(state)}`);
    });
  });
  const follow = (to: string, n: number) => {
    const sent = me.send(to, bodyOf(n));
    const stop = sent.state.subscribe((state) => {
      if (state.is === "sending") return;
      if (state.is === "failed" || state.is === "queued") throw new Error(`message ${n} is ${state.is}`);
      queueMicrotask(() => stop());
      ear.confirmed(n);
    });
  };
  return {
    send(to, first, count) {
      for (let n = first; n < first + count; n++) follow(to, n);
    },
    close() {
      closed = true;
      void me.close();
    },
  };
};
