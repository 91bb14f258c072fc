// The routes that describe the WebSocket to programs: the JSON Schema of its frames, and its AsyncAPI document. Both
// are constants, made at the first request in 1 and 2 ms (measured with Node.js 24, 2026-11-30).
import { z } from "@hono/zod-openapi";
import type { RequestContext } from "../identity/request-context.ts";
import { asyncApiDocument } from "../protocol/catalogue/asyncapi.ts";
import { frameSchemaDocument } from "../protocol/catalogue/frame-schemas.ts";
import { createApi, declareRoute } from "./declare-route.ts";

export const frameSchemas = createApi();

declareRoute(
  frameSchemas,
  {
    method: "get",
    path: "/api/frames.schema.json",
    tag: "Server",
    summary: "Get the JSON Schema of the frames of the WebSocket",
    description: "Draft 2020-12. `$defs` has a schema of each frame, and of a text with one or several ([H17]).",
    scope: null,
    responses: { 200: z.looseObject({ $id: z.string(), $defs: z.looseObject({}) }) },
  },
  servedOnce(frameSchemaDocument),
);

declareRoute(
  frameSchemas,
  {
    method: "get",
    path: "/api/asyncapi.json",
    tag: "Server",
    summary: "Get the AsyncAPI document of the WebSocket",
    description: "AsyncAPI 3.0: how to connect, every frame both ways, and the close codes ([H17]).",
    scope: null,
    responses: { 200: z.looseObject({ asyncapi: z.string() }) },
  },
  servedOnce(asyncApiDocument),
);

/** Answers with a document that is made at the first request. */
function servedOnce(make: () => object): (c: RequestContext) => Response {
  let text: string | null = null;
  return (c) => {
    text ??= JSON.stringify(make());
    return c.body(text, 200, { "Content-Type": "application/json", "Cache-Control": "no-cache" });
  };
}
