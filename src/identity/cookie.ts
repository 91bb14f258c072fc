// The session cookie of browsers: a token that no script can read.
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLoopback } from "../protocol/host.ts";
import { maySetCookie, ownOriginOf } from "./origin.ts";
import type { RequestContext } from "./request-context.ts";

/** As long as browsers keep a cookie, in seconds; each sign-in begins it anew. */
const MAX_AGE_S = 400 * 86_400;

export function sessionCookie(c: RequestContext): string | null {
  return getCookie(c, cookieName(c)) ?? null;
}

export function setSessionCookie(c: RequestContext, token: string): void {
  if (maySetCookie(c.req.raw, c.env)) setCookie(c, cookieName(c), token, { ...cookieAttributes(c), maxAge: MAX_AGE_S });
}

export function deleteSessionCookie(c: RequestContext): void {
  if (maySetCookie(c.req.raw, c.env)) deleteCookie(c, cookieName(c), cookieAttributes(c));
}

/** Off loopback the name itself makes browsers insist on `Secure`, on this host alone, and on the path /. */
function cookieName(c: RequestContext): string {
  return isSecure(c) ? "__Host-restante" : "restante";
}

function cookieAttributes(c: RequestContext): { path: string; httpOnly: boolean; secure: boolean; sameSite: "Lax" } {
  return { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" };
}

function isSecure(c: RequestContext): boolean {
  return !isLoopback(new URL(ownOriginOf(c.req.url, c.env)).hostname);
}
