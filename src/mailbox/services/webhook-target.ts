// The addresses that a webhook may call: https, on the public internet, on a port for https. Only the spelling of a
// name is checked here. The runtime checks the address that it resolves to while it connects, so no time passes between
// that check and the use.
import ipaddr from "ipaddr.js";
import { withoutTrailingDot, type AllowedHosts, isAllowedHost, portOf } from "../../protocol/allowed-hosts.ts";

/** UTF-16 units of an address. Answers: addresses as storage. */
const MAX_URL_UNITS = 2_048;

/** Ports of https. Answers: a webhook that speaks to another operator's mail server or database. */
const PORTS: ReadonlySet<number> = new Set([443, 8_443]);

/**
 * Top-level labels of private or unresolvable names: those of RFC 2606, 6761, 6762, 7686, 8375 and 9476, the one that
 * ICANN reserves for private use, and those of clusters and routers. Answers: a webhook that reaches what only the
 * server can reach.
 */
const PRIVATE_LABELS: ReadonlySet<string> = new Set(
  (
    "localhost local localdomain internal intranet private lan home corp mail domain workgroup " +
    "test example invalid onion alt arpa svc cluster consul docker"
  ).split(" "),
);

/**
 * IPv6 that is routed on the public internet: everything else is private, special, or an old form of an IPv4 address.
 */
const GLOBAL = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];

/**
 * The reason, as a sentence, why a webhook may not call this address, or null. `hosts`: those that may be private,
 * without TLS, on any port.
 */
export function checkTarget(text: string, hosts: AllowedHosts): string | null {
  if (text.length > MAX_URL_UNITS || !URL.canParse(text)) return "it must be an address";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "it must be without a user and a password";
  if (/^https?:$/.test(url.protocol) && isAllowedHost(hosts, url)) return null;
  if (url.protocol !== "https:") return "it must be https, or http to a host of WEBHOOK_HOSTS";
  if (!isPublic(withoutTrailingDot(url.hostname))) return "it must be a host of the public internet; see WEBHOOK_HOSTS";
  return PORTS.has(portOf(url)) ? null : "its port must be 443 or 8443; see WEBHOOK_HOSTS";
}

function isPublic(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(literal)) return isPublicAddress(literal);
  const labels = hostname.split(".");
  if (labels.length < 2 || labels.includes("")) return false;
  return !PRIVATE_LABELS.has(labels.at(-1) ?? "");
}

/** `URL` normalized the spelling. An IPv4 address mapped into IPv6 is checked as the IPv4 address. */
function isPublicAddress(literal: string): boolean {
  const address = ipaddr.process(literal);
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).match(GLOBAL);
}
