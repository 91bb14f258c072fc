// The floor for a message that is durable in two objects: in the same workerd, one object writes a row and calls another one, which
// writes a row too. It speaks of Restante's frames what a sender and a receiver need, and has nothing else: no order, no repeats
// noticed, no batches, no cursor, no one who was away. What lies between it and Restante is what the promises cost, or save.
import type { Served } from "./peer.ts";
import { compatibility } from "./restante.ts";
import { serve } from "./workerd.ts";

const TEXT = `
import { DurableObject } from "cloudflare:workers";

export class Bare extends DurableObject {
  fetch(request) {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1]);
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY, peer, id, body)");
    pair[1].serializeAttachment(new URL(request.url).pathname.split("/")[2]);
    pair[1].send('{"type":"welcome","epoch":"1"}');
    return new Response(null, { status: 101, webSocket: pair[0], headers: { "Sec-WebSocket-Protocol": "restante.v1" } });
  }

  async webSocketMessage(ws, text) {
    const { type, id, to, body } = JSON.parse(text);
    if (type !== "send") return;
    this.keep(to, id, body);
    this.peer ??= this.env.BARE.getByName(to);
    await this.peer.deliver(ws.deserializeAttachment(), id, body);
    ws.send(JSON.stringify({ type: "accepted", id, state: "stored" }));
  }

  deliver(from, id, body) {
    const seq = this.keep(from, id, body);
    for (const ws of this.ctx.getWebSockets()) ws.send(JSON.stringify({ type: "message", seq, from, body }));
  }

  keep(peer, id, body) {
    const kept = this.ctx.storage.sql.exec("INSERT INTO entry (peer, id, body) VALUES (?, ?, ?) RETURNING seq", peer, id, body);
    return kept.one().seq;
  }
}

export default {
  fetch(request, env) {
    return env.BARE.getByName(new URL(request.url).pathname.split("/")[2]).fetch(request);
  },
};
`;

export function startBare(): Promise<Served> {
  const objects = [{ binding: "BARE", className: "Bare" }];
  return serve({ text: TEXT, ...compatibility(), vars: {}, objects });
}
