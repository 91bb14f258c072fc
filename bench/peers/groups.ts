// The floor for single frames, and for batches: as the bare objects, but what arrives in the same moment is one row, one commit, one call and one
// text, with one call under way, as Restante does it. Nothing else of it is there: no check, no order of ids, no repeats noticed, no cursor, no marks.
import type { Served } from "./peer.ts";
import { compatibility } from "./restante.ts";
import { serve } from "./workerd.ts";

const TEXT = `
import { DurableObject } from "cloudflare:workers";

export class Groups extends DurableObject {
  waiting = [];
  owed = [];
  timer = null;
  calling = false;
  head = 0;

  fetch(request) {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1]);
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS run (seq INTEGER PRIMARY KEY, bodies)");
    pair[1].serializeAttachment(new URL(request.url).pathname.split("/")[2]);
    pair[1].send('{"type":"welcome","epoch":"1"}');
    return new Response(null, { status: 101, webSocket: pair[0], headers: { "Sec-WebSocket-Protocol": "restante.v1" } });
  }

  webSocketMessage(ws, text) {
    const sends = [JSON.parse(text)].flat().filter(({ type }) => type === "send");
    if (sends.length === 0) return;
    this.waiting.push(...sends);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const frames = this.waiting;
      this.waiting = [];
      this.keep(frames);
      this.owed.push(...frames);
      if (!this.calling) this.go(ws);
    }, 0);
  }

  async go(ws) {
    this.calling = true;
    while (this.owed.length > 0) {
      const frames = this.owed;
      this.owed = [];
      await this.env.GROUPS.getByName(frames[0].to).deliver(ws.deserializeAttachment(), frames.map(({ body }) => body));
      ws.send(JSON.stringify(frames.map(({ id }) => ({ type: "accepted", id, state: "stored" }))));
    }
    this.calling = false;
  }

  deliver(from, bodies) {
    const first = this.keep(bodies.map((body) => ({ body })));
    const text = JSON.stringify(bodies.map((body, i) => ({ type: "message", seq: first + i, from, body })));
    for (const ws of this.ctx.getWebSockets()) ws.send(text);
  }

  keep(frames) {
    const first = this.head + 1;
    this.head += frames.length;
    this.ctx.storage.sql.exec("INSERT INTO run (seq, bodies) VALUES (?, ?)", this.head, JSON.stringify(frames.map(({ body }) => body)));
    return first;
  }
}

export default {
  fetch(request, env) {
    return env.GROUPS.getByName(new URL(request.url).pathname.split("/")[2]).fetch(request);
  },
};
`;

export function startGroups(): Promise<Served> {
  const objects = [{ binding: "GROUPS", className: "Groups" }];
  return serve({ text: TEXT, ...compatibility(), vars: {}, objects });
}
