// What the runtime gives with a request. Where there is none, as in a test that calls the Worker itself, nothing goes on after the answer.
import type { Context } from "hono";

type Asking = Context<{ Bindings: Env }>;

export function contextOf(c: Asking): ExecutionContext | null {
  try {
    return c.executionCtx as ExecutionContext;
  } catch {
    return null;
  }
}

/** Has work go on after the answer. */
export function backgroundOf(c: Asking): (work: Promise<unknown>) => void {
  return (work) => contextOf(c)?.waitUntil(work);
}
