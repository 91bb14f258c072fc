// Parses hosts and origins, and normalizes them for comparison. Pure; knows nothing of variables or requests.

/** Characters of a Host header: a DNS name of 253, brackets or a dot, and a port. Answers: parsing impossible hosts. */
const MAX_HOST_UNITS = 260;

/** Labels of at most 63 letters, digits, hyphens and underscores, or an IPv6 address in brackets; then a port. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?)(?::\d{0,5})?$/i;

/** Whether a Host header is valid, so that it can't change the path, user or port of a URL built with it. */
export function isHost(text: string): boolean {
  return text.length <= MAX_HOST_UNITS && HOST.test(text) && URL.canParse(`http://${text}`);
}

/** Whether it is this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** Whether it is this machine, or on a private network. */
export function isPrivate(host: string): boolean {
  if (isLoopback(host) || host.endsWith(".local")) return true;
  if (/^(10(\.\d+){3}|192\.168(\.\d+){2}|169\.254(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2})$/.test(host))
    return true;
  // Unique local and link-local addresses.
  return /^\[(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(host);
}

/** An origin as browsers write it, or a sentence on why the text is not one. */
type ParsedOrigin = { readonly origin: string } | { readonly problem: string };

/** Schemes that never occur in an `Origin` header: their pages send `null`, or an http origin. */
const NON_PAGE_SCHEMES = /^(wss?|file|data|blob|about|javascript|ftp):/i;

/**
 * Parses an origin. Case, a default port, a trailing slash and the form of an international name don't matter. Schemes
 * of apps (`capacitor://localhost`, `chrome-extension://…`) are accepted, in lower case.
 */
export function parseOrigin(text: string): ParsedOrigin {
  const invalid = (why: string): ParsedOrigin => ({ problem: `${text}: ${why}` });
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const guess = /^[^:/?#@\s]+(:\d+)?\/?$/.test(text) ? parseOrigin(`https://${text}`) : null;
    const hint =
      guess !== null && "origin" in guess ? `; did you mean ${guess.origin}?` : ", like https://chat.example.com.";
    return invalid(`an origin begins with its scheme${hint}`);
  }
  if (NON_PAGE_SCHEMES.test(text)) return invalid("no page has an origin of this scheme.");
  if (text.includes("*")) return invalid("an origin has no wildcard in it.");
  if (!URL.canParse(text)) return invalid("it is no origin.");
  const { protocol, host, origin, pathname, search, hash, username, password } = new URL(text);
  if (host === "" || username !== "" || password !== "") return invalid("an origin is a scheme, a host and a port.");
  if ((pathname !== "/" && pathname !== "") || search !== "" || hash !== "") {
    return invalid(`an origin has no path; did you mean ${protocol}//${host}?`);
  }
  if (!/^https?:$/.test(protocol)) return { origin: `${protocol}//${host}`.toLowerCase() };
  return isHost(host) ? { origin } : invalid("its host is no host.");
}
