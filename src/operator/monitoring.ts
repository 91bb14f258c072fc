// How the deployment does, for whoever watches over it: health for anybody, numbers for operators.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { authModeOf } from "../identity/auth-mode.ts";
import { health } from "./health.ts";
import { readMetrics, prometheusText } from "./metrics.ts";
import * as schema from "./schemas.ts";

const operators = { tag: "Operators", scope: "admin" } as const;

/** `ms`: how long the object took. */
const healthOf = (status: string) => z.object({ status: z.literal(status), object: z.object({ ms: z.number() }) });

export const monitoring = createApi();

declareRoute(
  monitoring,
  {
    method: "get",
    path: "/api/health",
    tag: "Operators",
    scope: null,
    summary: "Whether it works",
    description: "The Worker, and one round trip to an object and its disk. 503 where that fails.",
    responses: { 200: healthOf("ok"), 503: healthOf("failing") },
  },
  (c) => health(c),
);

declareRoute(
  monitoring,
  {
    ...operators,
    method: "get",
    path: "/api/metrics",
    summary: "Who is online and what was counted, in Prometheus' text format",
    responses: { 200: null },
    otherTypes: { "text/plain": z.string() },
  },
  async (c) => {
    const type = "text/plain; version=0.0.4; charset=utf-8";
    return c.body(prometheusText(await readMetrics(c.env)), 200, { "Content-Type": type, "Cache-Control": "no-store" });
  },
);

declareRoute(
  monitoring,
  {
    ...operators,
    method: "get",
    path: "/api/admin/stats",
    summary: "The same numbers as JSON, and each shard's",
    responses: { 200: schema.stats },
  },
  async (c) => jsonResponse(c, { at: Date.now(), auth: authModeOf(c.env) ?? "none", ...(await readMetrics(c.env)) }),
);
