// What the routes get with a request: Hono's context, and the runtime's for work after the response. A test that calls
// the Worker directly has no execution context: there, no work continues after the response.
import type { Context } from "hono";

export type RequestContext = Context<{ Bindings: Env }>;

/** The runtime's context of the request, or null where there is none. */
export function executionContextOf(c: RequestContext): ExecutionContext | null {
  try {
    return c.executionCtx as ExecutionContext;
  } catch {
    return null;
  }
}

/** A function that lets work continue after the response. */
export function backgroundOf(c: RequestContext): (work: Promise<unknown>) => void {
  return (work) => executionContextOf(c)?.waitUntil(work);
}
