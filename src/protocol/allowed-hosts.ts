// Hosts as an operator names them: `host` for every port, or `host:port`. Each is brought into the form that URL gives a hostname, so that
// case, IDN, odd spellings of an address and a dot at the end make no difference.

/** Entries in URL's form: `host` for every port, or `host:port`. */
export type Hosts = ReadonlySet<string>;

/** Reads a list of hosts, separated by commas or blanks. `problem` is a sentence about the first entry that can match nothing, or null. */
export function parseHosts(text: string): { readonly hosts: Hosts; readonly problem: string | null } {
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

/** Whether a URL's host is named, for every port or for this one. */
export function names(hosts: Hosts, url: URL): boolean {
  const host = dotless(url.hostname);
  return hosts.has(host) || hosts.has(`${host}:${portOf(url)}`);
}

/** The port that a URL leads to, where its scheme has one. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}

/** Without the dot of a name that is fully qualified. */
export function dotless(hostname: string): string {
  return hostname.replace(/\.$/, "");
}

function parseEntry(word: string): string | null {
  // An IPv6 address is taken without its brackets too.
  if (URL.canParse(`http://[${word}]`)) return new URL(`http://[${word}]`).hostname;
  const [, name = "", port = ""] = /^(.+?)(?::(\d{1,5}))?$/.exec(word) ?? [];
  if (/[/@?#*%\\]|:$/.test(name) || !URL.canParse(`http://${name}`)) return null;
  const url = new URL(`http://${name}`);
  if (url.port !== "" || Number(port) > 65_535 || port === "0") return null;
  const host = dotless(url.hostname);
  return port === "" ? host : `${host}:${Number(port)}`;
}
