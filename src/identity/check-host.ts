// A request whose Host is no host is refused before anybody makes an address of it: in the Worker, and in bare workerd by what stands in
// front of it and routes by the path.
import { isHost } from "../protocol/host.ts";
import { refusal } from "../protocol/refusals.ts";
import { problemResponse } from "./problem-response.ts";

/** What such an answer has where nothing else adds the headers of every answer; see headers.ts. */
const FALLBACK_HEADERS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

/**
 * The answer to a request whose Host can't be one, or null. Answers: a Host that changes the path of the address that is made with it, and
 * exceptions outside of every catch.
 */
export function checkHost(request: Request): Response | null {
  const host = request.headers.get("Host");
  if ((host === null || isHost(host)) && URL.canParse(request.url) && isHost(new URL(request.url).host)) return null;
  const response = problemResponse(refusal("bad_query", "the header Host names no host"));
  for (const [name, value] of Object.entries(FALLBACK_HEADERS)) response.headers.set(name, value);
  return response;
}
