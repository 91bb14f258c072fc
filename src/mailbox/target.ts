// Where a webhook may go: https, to a host of the public internet. What a name leads to is the runtime's to judge when it connects: on
// Cloudflare, and in bare workerd as it comes, nothing private is reached. Hosts that the operator names may be anything.
import ipaddr from "ipaddr.js";

/** UTF-16 units of an address. Answers: addresses as storage. */
const UNITS = 2_048;

/** Names that lead into a machine or a network. */
const INSIDE = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)\.?$/;

/** Why nothing may be posted there, in a sentence, or null. `hosts`: those that may be private, and without TLS. */
export function objectionToTarget(text: string, hosts: ReadonlySet<string>): string | null {
  if (text.length > UNITS || !URL.canParse(text)) return "it must be an address";
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return "it must be without a user and a password";
  if (hosts.has(hostname) && /^https?:$/.test(protocol)) return null;
  if (protocol !== "https:") return "it must be https";
  return isPublic(hostname) ? null : "it must be a host of the public internet; see WEBHOOK_HOSTS";
}

function isPublic(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(literal)) return ipaddr.process(literal).range() === "unicast";
  return hostname.includes(".") && !INSIDE.test(hostname);
}
