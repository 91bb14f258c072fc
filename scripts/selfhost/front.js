// In front of the Worker, in bare workerd: serves the page, and says where a request comes from, as Cloudflare does there.
// It knows nothing of what the Worker does, but when both refuse a request for its Host.
import { objectionToHost } from "../../src/identity/host.ts";

export default {
  async fetch(request, { PAGE, WORKER, RULES }) {
    const refused = objectionToHost(request);
    if (refused !== null) return refused;
    const { pathname } = new URL(request.url);
    const reads = request.method === "GET" || request.method === "HEAD";
    const found =
      reads && !isFirst(RULES.first, pathname) && Object.hasOwn(RULES.page, pathname) ? RULES.page[pathname] : null;
    return found === null ? WORKER.fetch(signed(request, RULES.proxied)) : served(request, PAGE, found);
  },
};

/** What the Worker answers even where there is a file: `!` takes a pattern's paths out again. */
function isFirst(patterns, pathname) {
  const meant = (pattern) => (pattern.endsWith("*") ? pathname.startsWith(pattern.slice(0, -1)) : pathname === pattern);
  if (patterns.some((pattern) => pattern.startsWith("!") && meant(pattern.slice(1)))) return false;
  return patterns.some(meant);
}

async function served(request, page, { file, headers }) {
  const shared = { "Cache-Control": "public, max-age=0, must-revalidate", ...headers };
  const known = (request.headers.get("If-None-Match") ?? "").split(/\s*,\s*/).map((tag) => tag.replace("W/", ""));
  if (known.includes(headers.ETag)) return new Response(null, { status: 304, headers: shared });
  const { body } = await page.fetch(`http://page${file}`);
  return new Response(request.method === "HEAD" ? null : body, { headers: shared });
}

/** The client's address, as this server has seen it or as the proxy in front of it says; never as the client says. */
function signed(request, proxied) {
  const headers = new Headers(request.headers);
  const peer = (request.cf?.clientIp ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const told = proxied ? (headers.get("X-Forwarded-For") ?? "").split(",").at(-1).trim() : "";
  headers.set("CF-Connecting-IP", told || peer);
  return new Request(request, { headers });
}
