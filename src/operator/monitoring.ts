// Monitoring routes: health for every caller, metrics and statistics for operators.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { authModeOf } from "../identity/auth-mode.ts";
import { FAULTS, health, live } from "./health.ts";
import { readMetrics } from "./metrics.ts";
import { prometheusText } from "./prometheus-text.ts";
import * as schema from "./schemas.ts";

const operators = { tag: "Operators", scope: "admin", audit: null } as const;

const versions = {
  version: z.string().meta({ description: "The release" }),
  storage: z.int().meta({ description: "The version of the mailboxes' tables" }),
};

const healthOf = (status: string) =>
  z.object({
    status: z.literal(status),
    failing: z.array(z.enum(FAULTS)).meta({ description: "What fails; empty if all works" }),
    ...versions,
    object: z.object({ ms: z.number().meta({ description: "The object's response time" }) }),
  });

export const monitoring = createApi();

declareRoute(
  monitoring,
  {
    method: "get",
    path: "/api/health",
    tag: "Operators",
    scope: null,
    summary: "Check that the server is ready",
    description:
      "503 if the configuration admits nobody, if an object or its disk does not respond, or if the mailboxes of several users broke in the last minute and none has committed since ([H18]).",
    responses: { 200: healthOf("ok"), 503: healthOf("failing") },
  },
  (c) => health(c),
);

declareRoute(
  monitoring,
  {
    method: "get",
    path: "/api/health/live",
    tag: "Operators",
    scope: null,
    summary: "Check that the server is alive",
    description: "Asks no object. A server that does not answer needs a restart; one that is not ready may not.",
    responses: { 200: z.object({ status: z.literal("alive"), ...versions }) },
  },
  live,
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
