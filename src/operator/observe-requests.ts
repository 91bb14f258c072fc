// Middleware of every request: its time by route, and its id in the response. The first to run, so that it sees what
// the others refuse.
import { routePath } from "hono/route";
import type { RequestContext } from "../identity/request-context.ts";
import { backgroundOf } from "../identity/request-context.ts";
import { requestIdOf } from "../identity/request-id.ts";
import { counterReport } from "../metrics/report-counters.ts";
import { countRequest, OTHER_ROUTE } from "../protocol/counters.ts";

/** Ms between two reports of an isolate that has requests alone. Answers: anonymous requests that each write a row. */
const REPORT_EVERY_MS = 60_000;

/** When this isolate had its first request, ms since 1970. */
let firstAt = 0;

export async function observeRequest(c: RequestContext, next: () => Promise<void>): Promise<void> {
  const startedAt = Date.now();
  firstAt ||= startedAt;
  await next();
  const now = Date.now();
  countRequest(routeOf(c), now - startedAt);
  // An upgrade keeps the runtime's own headers.
  if (c.res.status !== 101) await addRequestId(c);
  if (now - firstAt >= REPORT_EVERY_MS && counterReport.isDue(now, REPORT_EVERY_MS))
    backgroundOf(c)(counterReport.report(c.env));
}

/** The declared route, `GET /api/entries`. Bounded: what no route serves is one name. */
function routeOf(c: RequestContext): string {
  const path = routePath(c);
  if (path.includes("*")) return OTHER_ROUTE;
  return `${c.req.method === "HEAD" ? "GET" : c.req.method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`;
}

/** Adds the id to the headers, and to a problem document. */
async function addRequestId(c: RequestContext): Promise<void> {
  const id = requestIdOf(c);
  if (c.res.headers.get("Content-Type") === "application/problem+json") {
    const problem = await c.res.json<Readonly<Record<string, unknown>>>();
    c.res = new Response(JSON.stringify({ ...problem, requestId: id }), c.res);
  }
  c.res.headers.set("X-Request-Id", id);
}
