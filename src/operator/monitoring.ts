// How the deployment does, for whoever watches over it: health for anybody, numbers for operators.
import { z } from "@hono/zod-openapi";
import { api, route } from "../api/declare-route.ts";
import { answered } from "../identity/call-mailbox.ts";
import { modeOf } from "../identity/auth-mode.ts";
import { health } from "./health.ts";
import { readMetrics, written } from "./metrics.ts";
import * as schema from "./schemas.ts";

const operators = { tag: "Operators", scope: "admin" } as const;

/** `ms`: how long the object took. */
const healthOf = (status: string) => z.object({ status: z.literal(status), object: z.object({ ms: z.number() }) });

export const monitoring = api();

route(
  monitoring,
  {
    method: "get",
    path: "/api/health",
    tag: "Operators",
    scope: null,
    does: "Whether it works",
    about: "The Worker, and one round trip to an object and its disk. 503 where that fails.",
    answers: { 200: healthOf("ok"), 503: healthOf("failing") },
  },
  (c) => health(c),
);

route(
  monitoring,
  {
    ...operators,
    method: "get",
    path: "/api/metrics",
    does: "Who is online and what was counted, in Prometheus' text format",
    answers: { 200: null },
    also: { "text/plain": z.string() },
  },
  async (c) => {
    const type = "text/plain; version=0.0.4; charset=utf-8";
    return c.body(written(await readMetrics(c.env)), 200, { "Content-Type": type, "Cache-Control": "no-store" });
  },
);

route(
  monitoring,
  {
    ...operators,
    method: "get",
    path: "/api/admin/stats",
    does: "The same numbers as JSON, and each shard's",
    answers: { 200: schema.stats },
  },
  async (c) => answered(c, { at: Date.now(), auth: modeOf(c.env) ?? "none", ...(await readMetrics(c.env)) }),
);
