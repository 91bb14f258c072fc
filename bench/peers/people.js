// What mailboxes do for messages between people, counted around the deployed bundle: calls of other mailboxes, and texts
// on sockets without pings, which wake no object. The server counts rows and wakes itself: a cursor of the database can't be
// asked by the next instance after hibernation.
// oxlint-disable-next-line import/default -- made from the bundle, when the benchmark runs
import app, { Mailbox as Plain } from "./restante.js";

export * from "./restante.js";

const counts = { calls: 0, textsIn: 0, textsOut: 0 };

const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (...args) {
  counts.textsOut++;
  return send.apply(this, args);
};

export class Mailbox extends Plain {
  webSocketMessage(...args) {
    counts.textsIn++;
    return super.webSocketMessage(...args);
  }

  deliver(...args) {
    counts.calls++;
    return super.deliver(...args);
  }

  signal(...args) {
    counts.calls++;
    return super.signal(...args);
  }

  presence(...args) {
    counts.calls++;
    return super.presence(...args);
  }
}

export default {
  fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/counts" ? Response.json(counts) : app.fetch(request, env, ctx);
  },
};
