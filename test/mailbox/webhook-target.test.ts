// The targets of webhooks: every spelling of an address outside of the public internet is refused, and so are private
// names.
import { expect, test } from "vitest";
import { checkTarget } from "../../src/mailbox/services/webhook-target.ts";
import { parseHosts } from "../../src/protocol/allowed-hosts.ts";

const NONE = parseHosts("").hosts;

const NO_ADDRESS = [
  "http://hooks.example.com/",
  "ftp://hooks.example.com/",
  "javascript:alert(1)",
  "https://user:secret@hooks.example.com/",
  "https://user@hooks.example.com/",
  "not an address",
  "",
  `https://hooks.example.com/${"x".repeat(2_100)}`,
];

/** IPv4 addresses, in every spelling that a URL accepts. */
const PRIVATE = [
  ..."127.0.0.1 127.1 127.0.1 0x7f000001 0x7f.1 0177.0.0.1 017700000001 2130706433 127.0.0.1. 127%2E0%2E0%2E1".split(
    " ",
  ),
  ..."１２７.0.0.1 127。0。0。1 0.0.0.0 0 10.1.2.3 012.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254".split(
    " ",
  ),
  ..."100.64.0.1 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1".split(" "),
  ..."224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255".split(" "),
];

const PRIVATE_V6 = [
  // Unspecified, loopback, IPv4-compatible, IPv4-mapped and IPv4-translated.
  ...":: ::1 ::2 ::127.0.0.1 ::7f00:1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1".split(
    " ",
  ),
  // NAT64, 6to4, Teredo.
  ..."64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::a00:1 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::".split(
    " ",
  ),
  ..."2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2".split(" "),
  // Unique local, link-local, site-local, multicast, documentation, discard, benchmarking, ORCHID, segments.
  ..."fc00::1 fd00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1 2001:db8::1 3fff::1 100::1".split(
    " ",
  ),
  ..."2001:2::1 2001:10::1 2001:20::1 5f00::1 4000::1 8000::1".split(" "),
];

const INSIDE =
  "localhost a.localhost printer.local db.internal intranet x.intranet nas.lan x.home x.corp x.home.arpa 1.0.0.10.in-addr.arpa " +
  "kubernetes.default.svc x.cluster.local x.svc.cluster.local db.service.consul x.localdomain localhost.localdomain x.private x.test " +
  "x.example example x.invalid x.onion x.alt x.mail x.domain x.workgroup x.docker LOCALHOST PRINTER.LOCAL db.internal. localhost. " +
  "a..local hooks..example.com .com com";

test.each(NO_ADDRESS)("[K5] %j is not accepted as the address of a webhook", (url) => {
  expect(checkTarget(url, NONE)).toEqual(expect.any(String));
});

test.each([...PRIVATE, ...INSIDE.split(" ")])("[K5][K8] nothing is posted to %s", (host) => {
  expect(checkTarget(`https://${host}/`, NONE)).toEqual(expect.any(String));
});

test.each(PRIVATE_V6)("[K5][K8] nothing is posted to [%s]", (address) => {
  expect(checkTarget(`https://[${address}]/`, NONE)).toEqual(expect.any(String));
});

test.each(["22", "25", "80", "6379", "9200", "65535", "0"])("[K8] nothing is posted to port %s", (port) => {
  expect(checkTarget(`https://hooks.example.com:${port}/`, NONE)).toMatch(/port must be 443 or 8443/);
});

test.each([
  "http://hooks.example.com/",
  "http://10.0.0.7:8080/",
  "https://10.0.0.7/",
  "https://hooks.example.com:9000/",
])("[K5][K8] the refusal of %s names the variable that would allow it", (url) => {
  expect(checkTarget(url, NONE)).toContain("WEBHOOK_HOSTS");
  expect(checkTarget(url, parseHosts(new URL(url).hostname).hosts)).toBeNull();
});

test.each([
  "https://hooks.example.com/in?a=b#c",
  "https://hooks.example.com./",
  "https://example.com:8443/",
  "https://example.com:443/",
  "https://93.184.216.34/",
  "https://[2606:4700::1111]/",
  "https://[::ffff:93.184.216.34]/",
  "https://bücher.example.com/",
  "https://internal.example.com/",
  "https://svc.example.com/",
])("[K5][K8] %s is accepted", (url) => {
  expect(checkTarget(url, NONE)).toBeNull();
});

test("[K5][K8] only a host that the operator lists may be private, without TLS and on any port", () => {
  const { hosts } = parseHosts("127.0.0.1, Hooks.LAN. [::1] bücher.lan pinned.lan:9000 web.lan:80");
  for (const url of [
    "http://127.0.0.1:8080/",
    "http://2130706433/",
    "https://hooks.lan/",
    "http://HOOKS.lan.:22/",
    "http://[::1]:9/",
    "http://bücher.lan/",
    "http://xn--bcher-kva.lan/",
    "http://pinned.lan:9000/",
    "http://web.lan/",
  ]) {
    expect(checkTarget(url, hosts), url).toBeNull();
  }
  for (const url of [
    "http://127.0.0.2/",
    "ftp://127.0.0.1/",
    "http://x.hooks.lan/",
    "http://pinned.lan/",
    "http://pinned.lan:9001/",
    "http://web.lan:81/",
    "http://user@127.0.0.1/",
  ]) {
    expect(checkTarget(url, hosts), url).toEqual(expect.any(String));
  }
});

test.each([
  ["", []],
  ["a.lan", ["a.lan"]],
  [" a.lan,\n B.lan:0080 ", ["a.lan", "b.lan:80"]],
  ["fd00::1 [FD00:0::2] [::3]:9", ["[fd00::1]", "[fd00::2]", "[::3]:9"]],
  ["0x7f.1", ["127.0.0.1"]],
])("[K8] %j is read as the hosts %j", (text, entries) => {
  expect(parseHosts(text)).toEqual({ hosts: new Set(entries), problem: null });
});

test.each([
  "https://a.lan",
  "a.lan/in",
  "*.lan",
  "*",
  "user@a.lan",
  "a.lan:x",
  "a.lan:0",
  "a.lan:65536",
  "a.lan:",
  "a.lan:1:2",
  "a^b",
  "%61.lan",
  "[::1",
  ":80",
  "a?b",
])("[K8] %j can match no host, and is reported with a sentence", (word) => {
  const { hosts, problem } = parseHosts(`good.lan ${word}`);
  expect([...hosts]).toEqual(["good.lan"]);
  expect(problem).toContain(`${word}: it is a host, or host:port`);
});
