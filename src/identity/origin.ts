// Which web pages may speak to this server. A browser says where a page comes from; whatever is no browser can say anything, so an
// Origin only ever takes rights away: it never stands in for a token.
import { type Variables, wordsOf } from "./variables.ts";

/** Whether a page of this origin may: one from here, or one that ALLOWED_ORIGINS names. */
export function allows(origin: string, requestUrl: string, variables: Variables): boolean {
  const allowed = wordsOf(variables.ALLOWED_ORIGINS);
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === new URL(requestUrl).host;
}

/** Whether the request comes from a page that may not. */
export function isForeign(request: Request, variables: Variables): boolean {
  const origin = request.headers.get("Origin");
  return origin !== null && !allows(origin, request.url, variables);
}

/**
 * Whether the cookie counts: only where the browser says that a page of ours asks. To a page's own server browsers send no Origin with
 * a GET; there `Sec-Fetch-Site`, which no script can set, says the same (decision 0011).
 */
export function cookieCounts(request: Request, variables: Variables): boolean {
  const { headers, method } = request;
  const origin = headers.get("Origin");
  if (origin !== null) return allows(origin, request.url, variables);
  const reads = (method === "GET" || method === "HEAD") && headers.get("Upgrade") === null;
  return reads && headers.get("Sec-Fetch-Site") === "same-origin";
}
