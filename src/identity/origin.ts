// Which web pages may use this server, and which are its own. Browsers state a page's origin, but other programs can
// forge it. So an Origin only ever removes rights: it never replaces a token.
import { logEvent } from "../protocol/log-events.ts";
import { valueOf, type Variables } from "../protocol/variables.ts";
import { mayLog } from "./log-throttle.ts";

/** The origin of cookies and passkeys: ORIGIN, or else that of the requested URL. */
export function ownOriginOf(requestUrl: string, variables: Variables): string {
  return valueOf(variables, "ORIGIN") || new URL(requestUrl).origin;
}

/** Whether pages of this origin may use the server: its own, and those of ALLOWED_ORIGINS. */
export function isAllowedOrigin(origin: string, requestUrl: string, variables: Variables): boolean {
  if (origin === ownOriginOf(requestUrl, variables)) return true;
  const allowed = valueOf(variables, "ALLOWED_ORIGINS");
  return allowed.includes("*") || allowed.includes(origin);
}

/** Whether the request comes from a page that may not use the server. */
export function isForeignOrigin(request: Request, variables: Variables): boolean {
  const origin = request.headers.get("Origin");
  if (origin === null || isAllowedOrigin(origin, request.url, variables)) return false;
  const own = ownOriginOf(request.url, variables);
  // The same host by another scheme or port is usually a TLS proxy without --behind-proxy, not an attack.
  const isNear = URL.canParse(origin) && new URL(origin).hostname === new URL(own).hostname;
  if (isNear && mayLog("origin")) logEvent("origin_refused", { origin: new URL(origin).origin, own });
  return true;
}

/**
 * Whether the cookie is accepted: only if the browser says that the page has this server's own scheme, host and port.
 * Pages of ALLOWED_ORIGINS use a token. Browsers send no Origin with a same-origin GET; there `Sec-Fetch-Site`, which
 * no script can set, says the same (decision 0011).
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
 * Whether the cookie may be set or deleted: not for another origin's page, which could otherwise sign its visitors in
 * as another user, and not on a host other than ORIGIN's. Programs send no Origin, and ignore the cookie.
 */
export function maySetCookie(request: Request, variables: Variables): boolean {
  const origin = request.headers.get("Origin");
  return isOwnHost(request.url, variables) && (origin === null || origin === ownOriginOf(request.url, variables));
}

/** Whether the requested host is ORIGIN's. The scheme is not compared: behind a proxy, the request has the proxy's. */
function isOwnHost(requestUrl: string, variables: Variables): boolean {
  const origin = valueOf(variables, "ORIGIN");
  if (origin === "") return true;
  const { protocol, host } = new URL(origin);
  return new URL(`${protocol}//${new URL(requestUrl).host}`).host === host;
}

/** Whether a passkey was used in a frame of another origin, by the signed client data; true if these can't be read. */
export function isFramed(credential: unknown): boolean {
  try {
    const { response } = credential as { readonly response: { readonly clientDataJSON: string } };
    const bytes = Uint8Array.from(atob(response.clientDataJSON.replaceAll("-", "+").replaceAll("_", "/")), (char) => {
      return char.charCodeAt(0);
    });
    const clientData = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    return (clientData["crossOrigin"] ?? false) !== false || clientData["topOrigin"] !== undefined;
  } catch {
    return true;
  }
}
