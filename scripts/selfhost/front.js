// In front of the Worker, in bare workerd: serves the page, and says where a request comes from, as Cloudflare does there.
// It knows nothing of what the Worker does, but when both refuse a request for its Host.
import { checkHost } from "../../src/identity/check-host.ts";

export default {
  async fetch(request, { PAGE, WORKER, RULES }) {
    const refused = checkHost(request);
    if (refused !== null) return refused;
    const { pathname, search } = new URL(request.url);
    const whose = whoseIs(RULES.first, pathname);
    const found = whose === "worker" ? null : lookUp(RULES, pathname);
    if (found === null && whose === "page") return new Response(null, { status: 404, headers: RULES.headers });
    if (found === null) return WORKER.fetch(signed(request, RULES.proxied));
    const { headers } = found;
    if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status: 405, headers });
    if (found.to === undefined) return served(request, PAGE, found);
    return new Response(null, { status: 307, headers: { ...headers, Location: `${found.to}${search}` } });
  },
};

/** What is at a path; under another spelling of it, where it is. */
function lookUp({ page, headers }, pathname) {
  if (Object.hasOwn(page, pathname)) return page[pathname];
  const plain = plainOf(pathname);
  if (!Object.hasOwn(page, plain)) return null;
  return { to: page[plain].to ?? plain, headers };
}

/** Without escapes and slashes that are too many. */
function plainOf(pathname) {
  try {
    return decodeURIComponent(pathname).replace(/\/{2,}/g, "/");
  } catch {
    return "";
  }
}

/** Who answers: the Worker even where there is a file, the page even where there is none (`!`), or the Worker where there is no file. */
function whoseIs(patterns, pathname) {
  const meant = (pattern) => (pattern.endsWith("*") ? pathname.startsWith(pattern.slice(0, -1)) : pathname === pattern);
  if (patterns.some((pattern) => pattern.startsWith("!") && meant(pattern.slice(1)))) return "page";
  return patterns.some(meant) ? "worker" : "either";
}

async function served(request, page, { file, about, headers }) {
  const shared = { "Cache-Control": "public, max-age=0, must-revalidate", ...about, ...headers };
  const known = (request.headers.get("If-None-Match") ?? "").split(/\s*,\s*/).map((tag) => tag.replace("W/", ""));
  if (known.includes(about.ETag)) return new Response(null, { status: 304, headers: shared });
  const { body } = await page.fetch(`http://page${file}`);
  return new Response(request.method === "HEAD" ? null : body, { headers: shared });
}

/** The client's address, as this server has seen it or as the proxy in front of it says; never as the client says. */
function signed(request, proxied) {
  const headers = new Headers(request.headers);
  const forwarded = headers.get("X-Forwarded-For");
  if (forwarded !== null && !proxied) warn();
  const peer = addressIn(request.cf?.clientIp ?? "");
  // The proxy has added what it saw; what stands before that the client may have made up.
  const told = proxied ? addressIn((forwarded ?? "").split(",").at(-1).trim()) : "";
  headers.set("CF-Connecting-IP", told || peer);
  return new Request(request, { headers });
}

/** An address, without the port that may be behind it; empty for what is none. */
function addressIn(text) {
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
    "Requests carry X-Forwarded-For: if a proxy is in front, start with --behind-proxy; otherwise everybody behind it counts as one address.",
  );
}
