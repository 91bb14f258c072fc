// The address of a request: all spellings count as one address, a household's addresses count as one, and the log names
// only networks.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { networksOfAddress, loggedNetworkOf, networksOf } from "../../src/identity/address.ts";

const request = (address: string) => new Request("http://restante.test", { headers: { "CF-Connecting-IP": address } });

const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join("."));

/** Spellings of one IPv6 address. */
function spellings(all: readonly number[]): string[] {
  const hex = all.map((word) => word.toString(16));
  const full = hex.map((word) => word.padStart(4, "0")).join(":");
  const run = /(^|:)0(:0)+(:|$)/.exec(hex.join(":"));
  const short = run === null ? full : hex.join(":").replace(run[0], "::");
  return [hex.join(":"), full, full.toUpperCase(), short, `[${short}]`, `[${short}]:443`, `${short}%eth0`];
}

test("every spelling of an IPv6 address gives the same /64 and the same /48", () => {
  const mapped = (all: readonly number[]) => all.slice(0, 5).every((word) => word === 0) && all[5] === 0xffff;
  fc.assert(
    fc.property(
      words.filter((all) => !mapped(all)),
      (all) => {
        expect(new Set(spellings(all).map((text) => JSON.stringify(networksOfAddress(text)))).size).toBe(1);
        expect(networksOfAddress(spellings(all)[0] ?? "").household).toMatch(/\/64$/);
      },
    ),
  );
});

test("addresses of one /64 count as one, and addresses of two /64 in one /48 share only the site", () => {
  fc.assert(
    fc.property(words, words, (one, other) => {
      fc.pre(one[0] !== 0);
      const neighbour = [...one.slice(0, 4), ...other.slice(4)].map((word) => word.toString(16)).join(":");
      const own = networksOfAddress(one.map((word) => word.toString(16)).join(":"));
      expect(networksOfAddress(neighbour)).toEqual(own);
      const beside = one.map((word, place) => (place === 3 ? word ^ 1 : word).toString(16)).join(":");
      expect(networksOfAddress(beside).site).toBe(own.site);
      expect(networksOfAddress(beside).household).not.toBe(own.household);
    }),
  );
});

test("an IPv4 address counts as the same with a port, in brackets, and mapped into IPv6", () => {
  fc.assert(
    fc.property(ipv4, fc.integer({ min: 0, max: 65_535 }), (address, port) => {
      const hex = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
      const mapped = [
        `::ffff:${address}`,
        `[::ffff:${address}]:${port}`,
        `::ffff:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`,
      ];
      for (const text of [address, `${address}:${port}`, ` ${address} `, ...mapped]) {
        expect(networksOfAddress(text)).toEqual({ household: address, site: null });
      }
    }),
  );
});

test("all texts that are not addresses count as one address, and none throws", () => {
  const odd = [
    "",
    "::g",
    "1.2.3",
    "1.2.3.4.5",
    "0x7f.1",
    "127.1",
    "2130706433",
    "localhost",
    "[::1",
    "a:1",
    "%",
    "1.2.3.4, 5.6.7.8",
  ];
  for (const text of odd) expect(networksOfAddress(text), text).toEqual({ household: "unknown", site: null });
  fc.assert(fc.property(fc.string(), (text) => networksOfAddress(text).household !== ""));
});

test("compressed addresses with the same prefix are one network", () => {
  expect(networksOfAddress("2001:db8::1")).toEqual(networksOfAddress("2001:db8::2"));
  expect(networksOfAddress("2001:db8::1")).toEqual({ household: "2001:db8::/64", site: "2001:db8::/48" });
});

test("the log names only the /24 or the /48", () => {
  expect(loggedNetworkOf(request("203.0.113.77"), {})).toBe("203.0.113.0/24");
  expect(loggedNetworkOf(request("::ffff:203.0.113.77"), {})).toBe("203.0.113.0/24");
  expect(loggedNetworkOf(request("2001:db8:1:2:3:4:5:6"), {})).toBe("2001:db8:1::/48");
  expect(loggedNetworkOf(request("nowhere"), {})).toBe("unknown");
  expect(loggedNetworkOf(new Request("http://restante.test"), {})).toBe("unknown");
});

test("the address header is ignored where no proxy sets it", () => {
  const local = { CLIENT_ADDRESS: "unknown" };
  expect(networksOf(request("203.0.113.77"), local)).toEqual({ household: "unknown", site: null });
  expect(loggedNetworkOf(request("203.0.113.77"), local)).toBe("unknown");
});
