// Security headers of every response, and CORS. For static assets, public/_headers has the same.
import type { MiddlewareHandler as Middleware } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { checkHost } from "./check-host.ts";
import { isAllowedOrigin, isForeignOrigin } from "./origin.ts";
import { refusal } from "../protocol/refusals.ts";
import { problemResponse } from "./problem-response.ts";

type AppMiddleware = Middleware<{ Bindings: Env }>;

/** Browser features that no response may use. public/_headers lets the web page use the last three. */
const FEATURES = `
  accelerometer autoplay bluetooth camera clipboard-read display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid
  idle-detection keyboard-map local-fonts magnetometer microphone midi payment picture-in-picture screen-wake-lock serial storage-access
  sync-xhr usb web-share window-management xr-spatial-tracking clipboard-write publickey-credentials-create publickey-credentials-get`;
const PERMISSIONS = FEATURES.trim()
  .split(/\s+/)
  .map((feature) => `${feature}=()`)
  .join(", ");

const addSecureHeaders = secureHeaders({
  // A response is data: if a browser shows it as a page, nothing in it runs, and it can't be framed.
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] },
  xFrameOptions: "DENY",
  xXssProtection: false,
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000",
});

/** Middleware of all requests: checks the Host, then sets the headers. Upgrades keep the runtime's own headers. */
export const secureResponse: AppMiddleware = async (c, next) => {
  const refused = checkHost(c.req.raw);
  if (refused === null) await next();
  else c.res = refused;
  if (c.res.status === 101) return;
  await addSecureHeaders(c, () => Promise.resolve());
  c.res.headers.set("Permissions-Policy", PERMISSIONS);
};

/** Descriptions for programs. Any page may read them: everybody gets the same, and they say nothing of users. */
const DESCRIPTIONS: ReadonlySet<string> = new Set([
  "/api/openapi.json",
  "/api/frames.schema.json",
  "/api/asyncapi.json",
]);

/** Middleware: pages of other origins may read the descriptions, and nothing else. Upgrades are checked elsewhere. */
export const refuseForeignOrigins: AppMiddleware = async (c, next) => {
  if (DESCRIPTIONS.has(c.req.path) || !isForeignOrigin(c.req.raw, c.env)) return next();
  return problemResponse(refusal("forbidden_origin"));
};

/**
 * CORS: pages of allowed origins may use the API, with a token but never with the cookie. A test checks that every
 * header that a route declares is in this list.
 */
export const allowOrigins: AppMiddleware = cors({
  origin: (origin, c) => {
    if (DESCRIPTIONS.has(c.req.path)) return "*";
    return isAllowedOrigin(origin, c.req.url, c.env as Env) ? origin : null;
  },
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-Id"],
  exposeHeaders: ["Retry-After", "X-Request-Id"],
  maxAge: 600,
});
