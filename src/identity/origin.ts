// Which web pages may speak to this server, and which of them are its own. A browser says where a page comes from; whatever is no browser
// can say anything, so an Origin only ever takes rights away: it never stands in for a token.
import { logEvent } from "../protocol/log-events.ts";
import { valueOf, type Variables } from "../protocol/variables.ts";
import { mayLog } from "./log-throttle.ts";

/** The origin that cookies and passkeys are made for: ORIGIN, or else the one that was asked. */
export function ownOriginOf(requestUrl: string, variables: Variables): string {
  return valueOf(variables, "ORIGIN") || new URL(requestUrl).origin;
}

/** Whether a page of this origin may: one from here, or one that ALLOWED_ORIGINS names. */
export function isAllowedOrigin(origin: string, requestUrl: string, variables: Variables): boolean {
  if (origin === ownOriginOf(requestUrl, variables)) return true;
  const allowed = valueOf(variables, "ALLOWED_ORIGINS");
  return allowed.includes("*") || allowed.includes(origin);
}

/** Whether the request comes from a page that may not. */
export function isForeignOrigin(request: Request, variables: Variables): boolean {
  const origin = request.headers.get("Origin");
  if (origin === null || isAllowedOrigin(origin, request.url, variables)) return false;
  const own = ownOriginOf(request.url, variables);
  // More often than an attack it is a proxy with TLS that nobody told this server of.
  const isNear = URL.canParse(origin) && new URL(origin).hostname === new URL(own).hostname;
  if (isNear && mayLog("origin")) logEvent("origin_refused", { origin: new URL(origin).origin, own });
  return true;
}

/**
 * Whether the cookie counts: only where the browser says that a page of ours asks, of this very scheme, host and port; pages of
 * ALLOWED_ORIGINS bring a token. To a page's own server browsers send no Origin with a GET; there `Sec-Fetch-Site`, which no script can
 * set, says the same (decision 0011).
 */
export function mayUseCookie(request: Request, variables: Variables): boolean {
  const { headers, method } = request;
  if (!isOwnHost(request.url, variables)) return false;
  const origin = headers.get("Origin");
  if (origin !== null) return origin === ownOriginOf(request.url, variables);
  const reads = (method === "GET" || method === "HEAD") && headers.get("Upgrade") === null;
  return reads && headers.get("Sec-Fetch-Site") === "same-origin";
}

/**
 * Whether a cookie may be set or removed: not for a page from elsewhere, which could otherwise sign somebody in as somebody else, and not
 * under another host than that of ORIGIN. Programs send no Origin, and keep no cookie.
 */
export function maySetCookie(request: Request, variables: Variables): boolean {
  const origin = request.headers.get("Origin");
  return isOwnHost(request.url, variables) && (origin === null || origin === ownOriginOf(request.url, variables));
}

/** Whether the host that was asked is that of ORIGIN. The scheme is ORIGIN's to say: behind a proxy the request's is that of the proxy. */
function isOwnHost(requestUrl: string, variables: Variables): boolean {
  const origin = valueOf(variables, "ORIGIN");
  if (origin === "") return true;
  const { protocol, host } = new URL(origin);
  return new URL(`${protocol}//${new URL(requestUrl).host}`).host === host;
}

/** Whether a passkey was used in a frame of another page, as the browser says in what it had signed; so also where that can't be read. */
export function isFramed(credential: unknown): boolean {
  try {
    const { response } = credential as { readonly response: { readonly clientDataJSON: string } };
    const bytes = Uint8Array.from(atob(response.clientDataJSON.replaceAll("-", "+").replaceAll("_", "/")), (char) => {
      return char.charCodeAt(0);
    });
    const said = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    return (said["crossOrigin"] ?? false) !== false || said["topOrigin"] !== undefined;
  } catch {
    return true;
  }
}
