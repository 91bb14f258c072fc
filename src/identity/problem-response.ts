// A refusal as an HTTP response.
import { countLabelled } from "../protocol/counters.ts";
import { REFUSALS, type Refusal } from "../protocol/refusals.ts";

/** A problem document (RFC 9457) with the code and the sentence of the wire. */
export function problemResponse(why: Refusal): Response {
  countLabelled("problem", why.code);
  const { status, message } = REFUSALS[why.code];
  const about = { type: `urn:restante:${why.code}`, title: `${message}.`, status, detail: why.message };
  const retryHeader = why.retryAfter === undefined ? {} : { "Retry-After": String(Math.ceil(why.retryAfter / 1_000)) };
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...retryHeader };
  return Response.json({ ...about, ...why }, { status, headers });
}
