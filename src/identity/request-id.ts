// The id of a request: the client's own, if it is well formed, or a new one. Log lines, problem documents and the
// header X-Request-Id have it, so that a user's report leads to the lines of the log.
import type { RequestContext } from "./request-context.ts";

/** What a client may send. Answers: ids that fill the log, or that forge lines or fields in it. */
const WELL_FORMED = /^[\w.:-]{8,64}$/;

/** By request, for as long as the request lives. */
const requestIds = new WeakMap<RequestContext, string>();

export function requestIdOf(c: RequestContext): string {
  const known = requestIds.get(c);
  if (known !== undefined) return known;
  const sent = c.req.header("X-Request-Id") ?? "";
  const id = WELL_FORMED.test(sent) ? sent : crypto.randomUUID();
  requestIds.set(c, id);
  return id;
}

/** The id as a field of a log event. */
export function requestField(c: RequestContext): { readonly request: string } {
  return { request: requestIdOf(c) };
}
