// The client's address, as the platform or the server in front saw it. It is reduced to the networks by which attempts
// are counted, and to the larger network that the log may name. Two spellings of one address count as one.
import ipaddr from "ipaddr.js";
import { valueOf, type Variables } from "../protocol/variables.ts";

/** Bits of an IPv6 household prefix: 2^64 addresses for one owner. Answers: a fresh address for each attempt. */
const HOUSEHOLD_BITS = 64;
/** Bits of an IPv6 site prefix: 65,536 households. Answers: a fresh network for each attempt. */
const SITE_BITS = 48;
/** Bits of an IPv4 address in the log. Answers: a log that identifies visitors. */
const LOGGED_BITS = 24;

/** The one network of all texts that are not addresses. Answers: invented texts that each get a limit of their own. */
const UNKNOWN = "unknown";

type AddressVariables = Pick<Variables, "CLIENT_ADDRESS">;

/** The networks by which the attempts of one address are counted. */
export interface Networks {
  /** An IPv4 address, or the /64 of an IPv6 one. */
  readonly household: string;
  /** The /48 of an IPv6 address; null for the others. */
  readonly site: string | null;
}

/** The networks of the request's client. */
export function networksOf(request: Request, variables: AddressVariables): Networks {
  return networksOfAddress(clientAddress(request, variables));
}

/** The client's network as the log may name it: a /24 of IPv4, a /48 of IPv6. */
export function loggedNetworkOf(request: Request, variables: AddressVariables): string {
  const address = parseAddress(clientAddress(request, variables));
  if (address === null) return UNKNOWN;
  return prefixOf(address, address.kind() === "ipv4" ? LOGGED_BITS : SITE_BITS);
}

/** The networks of an address as text: with or without a port, brackets or a zone. */
export function networksOfAddress(text: string): Networks {
  const address = parseAddress(text);
  if (address === null) return { household: UNKNOWN, site: null };
  if (address.kind() === "ipv4") return { household: address.toString(), site: null };
  return { household: prefixOf(address, HOUSEHOLD_BITS), site: prefixOf(address, SITE_BITS) };
}

/** CF-Connecting-IP is set by Cloudflare or by this project's own front. Without either, a client could forge it. */
function clientAddress(request: Request, variables: AddressVariables): string {
  return valueOf(variables, "CLIENT_ADDRESS") === "header" ? (request.headers.get("CF-Connecting-IP") ?? "") : "";
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // Brackets with or without a port, or IPv4 with a port. IPv6 without brackets has no port.
  const bare = (/^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([^:]*):\d+$/.exec(text))?.[1] ?? text;
  const plain = bare.trim().replace(/%.*$/s, "");
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return ipaddr.IPv4.parse(plain);
  if (!ipaddr.IPv6.isValid(plain)) return null;
  const address = ipaddr.IPv6.parse(plain);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function prefixOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const masked = address
    .toByteArray()
    .map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
  return `${ipaddr.fromByteArray(masked).toString()}/${bits}`;
}
