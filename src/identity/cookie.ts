// The session cookie of browsers: a token that no script can read.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLoopback } from "../protocol/host.ts";
import { cookieIsOurs, originOf } from "./origin.ts";

/** As long as browsers keep a cookie, in seconds; each sign-in begins it anew. */
const KEEP = 400 * 86_400;

type Asking = Context<{ Bindings: Env }>;

export function cookieOf(c: Asking): string | null {
  return getCookie(c, nameFor(c)) ?? null;
}

export function keepCookie(c: Asking, token: string): void {
  if (cookieIsOurs(c.req.raw, c.env)) setCookie(c, nameFor(c), token, { ...placeFor(c), maxAge: KEEP });
}

export function dropCookie(c: Asking): void {
  if (cookieIsOurs(c.req.raw, c.env)) deleteCookie(c, nameFor(c), placeFor(c));
}

/** Off loopback the name itself makes browsers insist on `Secure`, on this host alone, and on the path /. */
function nameFor(c: Asking): string {
  return isSecure(c) ? "__Host-restante" : "restante";
}

function placeFor(c: Asking): { path: string; httpOnly: boolean; secure: boolean; sameSite: "Lax" } {
  return { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" };
}

function isSecure(c: Asking): boolean {
  return !isLoopback(new URL(originOf(c.req.url, c.env)).hostname);
}
