// The headers of every answer, and which pages may read it. For static assets public/_headers says the same.
import type { MiddlewareHandler as Middleware } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { checkHost } from "./check-host.ts";
import { isAllowedOrigin } from "./origin.ts";

type AppMiddleware = Middleware<{ Bindings: Env }>;

/** Everything that a browser may give to a page, and that no answer of ours may use. public/_headers lets the page use the last three. */
const FEATURES = `
  accelerometer autoplay bluetooth camera clipboard-read display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid
  idle-detection keyboard-map local-fonts magnetometer microphone midi payment picture-in-picture screen-wake-lock serial storage-access
  sync-xhr usb web-share window-management xr-spatial-tracking clipboard-write publickey-credentials-create publickey-credentials-get`;
const PERMISSIONS = FEATURES.trim()
  .split(/\s+/)
  .map((feature) => `${feature}=()`)
  .join(", ");

const addSecureHeaders = secureHeaders({
  // An answer is data: should a browser ever show it as a page, nothing in it runs or is framed.
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] },
  xFrameOptions: "DENY",
  xXssProtection: false,
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000",
});

/** Every answer but an upgrade, whose headers are the runtime's. Before anything else: whether the address that was asked is one. */
export const secureResponse: AppMiddleware = async (c, next) => {
  const refused = checkHost(c.req.raw);
  if (refused === null) await next();
  else c.res = refused;
  if (c.res.status === 101) return;
  await addSecureHeaders(c, () => Promise.resolve());
  c.res.headers.set("Permissions-Policy", PERMISSIONS);
};

/**
 * Pages of allowed origins may ask and read, with a token of their own; the cookie is never theirs. Every header that a route declares is
 * among these: a test walks the routes.
 */
export const allowOrigins: AppMiddleware = cors({
  origin: (origin, c) => (isAllowedOrigin(origin, c.req.url, c.env as Env) ? origin : null),
  allowMethods: ["GET", "POST", "PUT", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
  exposeHeaders: ["Retry-After"],
  maxAge: 600,
});
