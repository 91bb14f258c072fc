// Where a request comes from: the client's address as the platform or the server in front has seen it, cut to the networks that attempts
// are counted by, and to the larger one that the log may name. Two spellings of one address are one address.
import ipaddr from "ipaddr.js";
import { valueOf, type Variables } from "../protocol/variables.ts";

/** Bits of an IPv6 address that one household has; its owner can use 2^64 addresses. Answers: a fresh address for each attempt. */
const HOUSEHOLD_BITS = 64;
/** Bits of an IPv6 address that one site has, so of 65,536 households. Answers: a fresh network for each attempt. */
const SITE_BITS = 48;
/** Bits of an IPv4 address that the log names. Answers: a log that tells who was there. */
const LOGGED_BITS = 24;

/** All texts that are no address. Answers: invented texts that are each counted for themselves. */
const UNKNOWN = "unknown";

export type AddressVariables = Pick<Variables, "CLIENT_ADDRESS">;

/** What attempts of one address are counted by. */
export interface Networks {
  /** An IPv4 address, or the /64 of an IPv6 one. */
  readonly household: string;
  /** The /48 of an IPv6 address; null for the others. */
  readonly site: string | null;
}

/** The networks that the request comes from. */
export function networksOf(request: Request, variables: AddressVariables): Networks {
  return networksOfAddress(clientAddress(request, variables));
}

/** The network that the request comes from, as the log may name it: a /24, or a /48 of IPv6. */
export function loggedNetworkOf(request: Request, variables: AddressVariables): string {
  const address = parseAddress(clientAddress(request, variables));
  if (address === null) return UNKNOWN;
  return prefixOf(address, address.kind() === "ipv4" ? LOGGED_BITS : SITE_BITS);
}

/** As `networksOf`, of an address as text: with or without a port, brackets or a zone. */
export function networksOfAddress(text: string): Networks {
  const address = parseAddress(text);
  if (address === null) return { household: UNKNOWN, site: null };
  if (address.kind() === "ipv4") return { household: address.toString(), site: null };
  return { household: prefixOf(address, HOUSEHOLD_BITS), site: prefixOf(address, SITE_BITS) };
}

/** The header that Cloudflare, or this project's own front, overwrites; where neither is in front anybody could have written it. */
function clientAddress(request: Request, variables: AddressVariables): string {
  return valueOf(variables, "CLIENT_ADDRESS") === "header" ? (request.headers.get("CF-Connecting-IP") ?? "") : "";
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // In brackets, with or without a port; or IPv4 with a port. IPv6 without brackets has no port.
  const bare = (/^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([^:]*):\d+$/.exec(text))?.[1] ?? text;
  const plain = bare.trim().replace(/%.*$/s, "");
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return ipaddr.IPv4.parse(plain);
  if (!ipaddr.IPv6.isValid(plain)) return null;
  const address = ipaddr.IPv6.parse(plain);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function prefixOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const kept = address
    .toByteArray()
    .map((byte, place) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - place * 8))));
  return `${ipaddr.fromByteArray(kept).toString()}/${bits}`;
}
