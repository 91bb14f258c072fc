// Lists of hosts in variables: `host` for every port, or `host:port`. Each is normalized as URL does, so that case,
// IDN, other spellings of an address and a trailing dot make no difference.

/** Normalized entries: `host` for every port, or `host:port`. */
export type AllowedHosts = ReadonlySet<string>;

/** Parses a list separated by commas or blanks. `problem`: a sentence on the first invalid entry, or null. */
export function parseHosts(text: string): { readonly hosts: AllowedHosts; readonly problem: string | null } {
  const hosts = new Set<string>();
  let problem: string | null = null;
  for (const word of text.split(/[\s,]+/)) {
    if (word === "") continue;
    const entry = parseEntry(word);
    if (entry === null) problem ??= `${word}: it is a host, or host:port; no address, no path and no pattern.`;
    else hosts.add(entry);
  }
  return { hosts, problem };
}

/** Whether a URL's host is in the list, for every port or for this one. */
export function isAllowedHost(hosts: AllowedHosts, url: URL): boolean {
  const host = withoutTrailingDot(url.hostname);
  return hosts.has(host) || hosts.has(`${host}:${portOf(url)}`);
}

/** The port of a URL, or its scheme's default. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}

/** A hostname without the trailing dot of a fully qualified name. */
export function withoutTrailingDot(hostname: string): string {
  return hostname.replace(/\.$/, "");
}

function parseEntry(word: string): string | null {
  // An IPv6 address is accepted without brackets too.
  if (URL.canParse(`http://[${word}]`)) return new URL(`http://[${word}]`).hostname;
  const [, name = "", port = ""] = /^(.+?)(?::(\d{1,5}))?$/.exec(word) ?? [];
  if (/[/@?#*%\\]|:$/.test(name) || !URL.canParse(`http://${name}`)) return null;
  const url = new URL(`http://${name}`);
  if (url.port !== "" || Number(port) > 65_535 || port === "0") return null;
  const host = withoutTrailingDot(url.hostname);
  return port === "" ? host : `${host}:${Number(port)}`;
}
