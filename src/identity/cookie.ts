// The session cookie of browsers: a device's token, out of reach of scripts.
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLoopback } from "../protocol/host.ts";
import { maySetCookie, ownOriginOf } from "./origin.ts";
import type { RequestContext } from "./request-context.ts";

/** 400 days: the longest time for which browsers keep a cookie. Each sign-in starts it again. */
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

/** Except on loopback, the prefix __Host- makes browsers require `Secure`, this host alone, and the path /. */
function cookieName(c: RequestContext): string {
  return isSecure(c) ? "__Host-restante" : "restante";
}

function cookieAttributes(c: RequestContext): { path: string; httpOnly: boolean; secure: boolean; sameSite: "Lax" } {
  return { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" };
}

function isSecure(c: RequestContext): boolean {
  return !isLoopback(new URL(ownOriginOf(c.req.url, c.env)).hostname);
}
