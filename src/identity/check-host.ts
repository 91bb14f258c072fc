// Refuses requests whose Host header is not a host, before a URL is built from it. Used by the Worker, and in bare
// workerd by the front, which routes by path.
import { isHost } from "../protocol/host.ts";
import { refusal } from "../protocol/refusals.ts";
import { problemResponse } from "./problem-response.ts";

/** Security headers of this response, for the front, where headers.ts does not run. */
const FALLBACK_HEADERS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

/**
 * The response to a request with an invalid Host, or null. Answers: a Host that changes the path of a URL built with
 * it, and exceptions that nothing catches.
 */
export function checkHost(request: Request): Response | null {
  const host = request.headers.get("Host");
  if ((host === null || isHost(host)) && URL.canParse(request.url) && isHost(new URL(request.url).host)) return null;
  const response = problemResponse(refusal("bad_query", "the header Host names no host"));
  for (const [name, value] of Object.entries(FALLBACK_HEADERS)) response.headers.set(name, value);
  return response;
}
