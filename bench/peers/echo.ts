// The ceiling: a Worker in the same workerd that does nothing but send every text back, one hibernatable socket an object.
// It stores nothing, parses nothing and calls nobody; what Restante costs is the distance to it.
import { compatibility } from "./restante.ts";
import type { Served } from "./peer.ts";
import { serve } from "./workerd.ts";

const TEXT = `
import { DurableObject } from "cloudflare:workers";

export class Echo extends DurableObject {
  fetch() {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1]);
    return new Response(null, { status: 101, webSocket: pair[0] });
  }

  webSocketMessage(ws, text) {
    ws.send(text);
  }
}

export default {
  fetch(request, env) {
    return env.ECHO.getByName(new URL(request.url).pathname).fetch(request);
  },
};
`;

export function startEcho(): Promise<Served> {
  const objects = [{ binding: "ECHO", className: "Echo" }];
  return serve({ text: TEXT, ...compatibility(), vars: {}, objects });
}
