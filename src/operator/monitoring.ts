// Monitoring routes: health for every caller, metrics and statistics for operators.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { authModeOf } from "../identity/auth-mode.ts";
import { health } from "./health.ts";
import { readMetrics, prometheusText } from "./metrics.ts";
import * as schema from "./schemas.ts";

const operators = { tag: "Operators", scope: "admin", audit: null } as const;

/** `ms`: the object's response time. */
const healthOf = (status: string) => z.object({ status: z.literal(status), object: z.object({ ms: z.number() }) });

export const monitoring = createApi();

declareRoute(
  monitoring,
  {
    method: "get",
    path: "/api/health",
    tag: "Operators",
    scope: null,
    summary: "Check that the server works",
    description: "Checks the Worker, and one round trip to an object and its disk. 503 if that fails.",
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
    summary: "Get numbers online and counters, in Prometheus' text format",
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
    summary: "Get the same numbers as JSON, and those of each shard",
    responses: { 200: schema.stats },
  },
  async (c) => jsonResponse(c, { at: Date.now(), auth: authModeOf(c.env) ?? "none", ...(await readMetrics(c.env)) }),
);
