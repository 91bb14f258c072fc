// The front of the Worker in bare workerd: serves the web page and sets the client's address, as Cloudflare does. It
// knows nothing of the Worker, except that both use the same check of the Host. The program that started the runtime
// says on a socket of its own (`control`) what only it can know.
import { checkHost } from "../../src/identity/check-host.ts";
import { problemResponse } from "../../src/identity/problem-response.ts";
import { refusal } from "../../src/protocol/refusals.ts";

/** `metrics`: lines of the process and its disk. */
const supervisor = { isDraining: false, metrics: "" };

/** The entry point of the control socket. */
export const control = {
  async fetch(request, { CONTROL_SECRET, DRAIN }) {
    if (!isEqual(request.headers.get("Authorization") ?? "", `Bearer ${CONTROL_SECRET}`))
      return new Response(null, { status: 403 });
    switch (new URL(request.url).pathname) {
      case "/drain":
        supervisor.isDraining = true;
        return Response.json({ closed: await DRAIN.closeSockets() });
      case "/metrics":
        supervisor.metrics = await request.text();
        return new Response(null, { status: 204 });
      default:
        return new Response(null, { status: 404 });
    }
  },
};

function isEqual(given, expected) {
  const [a, b] = [given, expected].map((text) => new TextEncoder().encode(text));
  return a.length === b.length && crypto.subtle.timingSafeEqual(a, b);
}

export default {
  async fetch(request, { PAGE, WORKER, RULES }) {
    const refused = checkHost(request);
    if (refused !== null) return refused;
    const { pathname, search } = new URL(request.url);
    // One that drains is alive, and not ready.
    if (supervisor.isDraining && pathname !== "/api/health/live") return problemResponse(refusal("restarting"));
    const responder = responderOf(RULES.first, pathname);
    const found = responder === "worker" ? null : lookUp(RULES, pathname);
    if (found === null && responder === "page") return new Response(null, { status: 404, headers: RULES.headers });
    if (found === null) {
      const response = await WORKER.fetch(withClientAddress(request, RULES.proxied));
      return pathname === "/api/metrics" && response.ok ? withProcessMetrics(response) : response;
    }
    const { headers } = found;
    if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status: 405, headers });
    if (found.to === undefined) return serveFile(request, PAGE, found);
    return new Response(null, { status: 307, headers: { ...headers, Location: `${found.to}${search}` } });
  },
};

async function withProcessMetrics({ body, headers }) {
  return new Response((await new Response(body).text()) + supervisor.metrics, { headers });
}

/** The file at a path; for another spelling of the path, a redirect to it. */
function lookUp({ page, headers }, pathname) {
  if (Object.hasOwn(page, pathname)) return page[pathname];
  const plain = normalizePath(pathname);
  if (!Object.hasOwn(page, plain)) return null;
  return { to: page[plain].to ?? plain, headers };
}

/** The path without escapes and repeated slashes. */
function normalizePath(pathname) {
  try {
    return decodeURIComponent(pathname).replace(/\/{2,}/g, "/");
  } catch {
    return "";
  }
}

/**
 * Which part responds: "worker" even if a file exists, "page" even if none exists (`!`), or "either": the file if it
 * exists.
 */
function responderOf(patterns, pathname) {
  const matches = (pattern) =>
    pattern.endsWith("*") ? pathname.startsWith(pattern.slice(0, -1)) : pathname === pattern;
  if (patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)))) return "page";
  return patterns.some(matches) ? "worker" : "either";
}

async function serveFile(request, page, { file, about, headers }) {
  const shared = { "Cache-Control": "public, max-age=0, must-revalidate", ...about, ...headers };
  const known = (request.headers.get("If-None-Match") ?? "").split(/\s*,\s*/).map((tag) => tag.replace("W/", ""));
  if (known.includes(about.ETag)) return new Response(null, { status: 304, headers: shared });
  const { body } = await page.fetch(`http://page${file}`);
  return new Response(request.method === "HEAD" ? null : body, { headers: shared });
}

/** Sets the client's address, as this server or the proxy in front saw it; never as the client says. */
function withClientAddress(request, proxied) {
  const headers = new Headers(request.headers);
  const forwarded = headers.get("X-Forwarded-For");
  if (forwarded !== null && !proxied) warn();
  const peer = parseAddress(request.cf?.clientIp ?? "");
  // The proxy appends the address it saw; the client could have forged those before it.
  const forwardedAddress = proxied ? parseAddress((forwarded ?? "").split(",").at(-1).trim()) : "";
  headers.set("CF-Connecting-IP", forwardedAddress || peer);
  return new Request(request, { headers });
}

/** An address without its port; empty for any other text. */
function parseAddress(text) {
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(text)?.[1];
  if (v4 !== undefined) return URL.canParse(`http://${v4}`) && new URL(`http://${v4}`).hostname === v4 ? v4 : "";
  const v6 = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text;
  return URL.canParse(`http://[${v6}]`) ? v6 : "";
}

let isWarned = false;

function warn() {
  if (isWarned) return;
  isWarned = true;
  console.warn(
    "Requests carry X-Forwarded-For. If a proxy is in front, start with --behind-proxy: " +
      "otherwise all its clients count as one address.",
  );
}
