// The OpenAPI description of everything under /api, generated from the routes' declarations. The build asks for it once,
// and a deployment serves that file (scripts/describe-api.mjs): generating it takes about 100 ms.
import { VERSION } from "../protocol/version.ts";
import type { Api } from "./declare-route.ts";

/** Serves the description of `app` at `GET /api/openapi.json`. */
export function describeApi(app: Api): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description:
      "A device's token, a service account's token, a JSON Web Token, or the deployment's ADMIN_TOKEN. Each route names the scope that a service account's token needs.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "cookie", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-restante",
    description: "A device's token, in a browser on this server's own pages.",
  });
  let text: string | null = null;
  app.get("/api/openapi.json", (c) => {
    text ??= JSON.stringify(documentOf(app));
    return c.body(text, 200, { "Content-Type": "application/json", "Cache-Control": "no-cache" });
  });
}

function documentOf(app: Api) {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Restante",
      version: String(VERSION),
      description:
        "A mailbox for every user. Messages are sent and read over WebSockets; this API is for programs without WebSockets, and for tasks that need none. The WebSocket is described at /api/asyncapi.json. Numbers in brackets are rules of docs/PROTOCOL-HTTP.md and the documents that it links. Refusals are problem documents (RFC 9457).",
      license: { name: "MIT" },
    },
    servers: [{ url: "/" }],
  });
}
