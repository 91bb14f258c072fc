// The headers of every answer, and which pages may read it. For static assets public/_headers says the same.
import type { MiddlewareHandler as Middleware } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { allows } from "./origin.ts";

type Guard = Middleware<{ Bindings: Env }>;

const secure = secureHeaders({
  // An answer is data: should a browser ever show it as a page, nothing in it runs or is framed.
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] },
  xFrameOptions: "DENY",
  xXssProtection: false,
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000",
});

/** Every answer but an upgrade, whose headers are the runtime's. */
export const guard: Guard = async (c, next) => {
  await next();
  if (c.res.status !== 101) await secure(c, () => Promise.resolve());
};

/** Pages of allowed origins may ask and read, with a token of their own; the cookie is never theirs. */
export const share: Guard = cors({
  origin: (origin, c) => (allows(origin, c.req.url, c.env as Env) ? origin : null),
  allowMethods: ["GET", "POST", "PUT", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type"],
  exposeHeaders: ["Retry-After"],
  maxAge: 600,
});
