// 10,000 hostile requests and upgrades over real TCP: malformed names, headers, cookies, subprotocols, tokens and
// bodies. The server continues to serve, exposes no internal detail, and opens no mailbox.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../chaos/random.ts";
import { type Server, startServer } from "../support/servers.ts";

const REQUESTS = 10_000;
const CONCURRENCY = 32;
/** Few enough that many of them exhaust their attempts, and enough that others don't. */
const ADDRESSES = 400;

/** Details that no response may contain: a stack, a path, a query, the name of a component. */
const INTERNAL_DETAILS =
  /\n\s+at |\.[jt]s:\d+|node_modules|\/src\/|SQLITE|SELECT |TypeError|ReferenceError|SyntaxError|ZodError|durable/i;

let server: Server;
let victim: { userName: string; token: string; device: string };

beforeAll(async () => {
  server = await startServer({ ATTEMPTS_PER_MINUTE: "10" });
  const response = await fetch(`${server.url}/api/accounts`, {
    method: "POST",
    body: JSON.stringify({ userName: "victim" }),
  });
  victim = (await response.json()) as typeof victim;
});

afterAll(() => server?.stop());

/** Sends a raw text; returns everything that the server sent until it closed. */
function exchange(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((done, fail) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(text, "latin1")));
    let answer = "";
    socket.setTimeout(30_000, () => {
      socket.destroy();
      fail(new Error(`no end to the answer to ${JSON.stringify(text.slice(0, 500))}: ${answer.slice(0, 500)}`));
    });
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      if (isComplete(answer)) socket.end();
    });
    socket.on("error", () => done(answer));
    socket.on("close", () => done(answer));
  });
}

/** Whether the response is complete: its body, or on a WebSocket the close frame. */
function isComplete(answer: string): boolean {
  const [head = "", ...body] = answer.split("\r\n\r\n");
  if (body.length === 0) return false;
  if (head.startsWith("HTTP/1.1 101")) return answer.includes("\x88");
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const rest = body.join("\r\n\r\n");
  return length === undefined
    ? /transfer-encoding/i.test(head) && rest.endsWith("0\r\n\r\n")
    : rest.length >= Number(length);
}

const NAMES = [
  "victim",
  "VICTIM",
  "victim%00",
  "%2e%2e",
  "..%2f..%2fetc",
  "__proto__",
  "constructor",
  "%",
  "%ff",
  "a".repeat(300),
  "",
  "system",
  "%F0%9F%9A%80",
  "victim?device=d",
  "victim/open",
  "victim%2Fopen?visit=%7B%7D",
  "\xff\xfe",
  "'; DROP TABLE entry;--",
  "<script>",
];
const METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY", "HEAD"];
const PATHS = [
  "/client/",
  "/api/auth",
  "/api/accounts",
  "/api/account",
  "/api/sign-in",
  "/api/sign-out",
  "/api/devices",
  "/api/devices/",
  "/api/link-codes",
  "/api/recovery-code",
  "/api/passkeys",
  "/api/passkeys/options",
  "/api/sign-in/passkey",
  "/api/sign-in/passkey/options",
  "/api/export",
  "/api/conversations",
  "/api/settings",
  "/api/blocks/",
  "/api/contacts/",
  "/api/requests",
  "/api/messages",
  "/api/acks",
  "/api/entries",
  "/api/online",
  "/api/health",
  "/api/metrics",
  "/api/admin/services",
  "/api/admin/users/",
  "/api/",
  "/open?visit=",
  "/api/../client/",
  "//",
  "/cdn-cgi/",
];
const BODIES = [
  "",
  "{",
  "null",
  "[]",
  "0",
  '"x"',
  "{}",
  '{"__proto__":{"admin":true}}',
  '{"userName":"victim"}',
  '{"userName":"victim","code":"00000-00000-00000-00000-00000"}',
  '{"userName":"victim","code":"0000-0000"}',
  '{"userName":{"toString":1},"code":[]}',
  '{"userName":"victim","response":{"id":"x"}}',
  "[".repeat(10_000),
  '{"a":'.repeat(5_000),
  "\x00\x01\xff",
  '{"to":"victim","body":"\xed\xa0\x80"}',
  '\xef\xbb\xbf{"to":"victim","body":1}',
  `[${"0,".repeat(30_000)}0]`,
  `{"userName":"${"v".repeat(70_000)}"}`,
  '{"receipts":"false"}',
];
const PROTOCOLS = [
  "restante.v1",
  "restante.plain",
  "restante.v99",
  "restante.v1, bearer.",
  "bearer.x, restante.v1",
  "mqtt",
  ",,,",
  "restante.v1".repeat(50),
  "bearer.rst1.dmljdGlt." + "A".repeat(43) + ", restante.v1",
  "\xff",
];
const VALUES = [
  "",
  "x",
  "Bearer",
  "Bearer x",
  `Bearer rst1.dmljdGlt.${"A".repeat(43)}`,
  "Bearer rst1.____.x",
  `Bearer rss1.dmljdGlt.${"A".repeat(43)}`,
  `Bearer rst1.${"_".repeat(512)}.${"-".repeat(43)}`,
  `Bearer ${"x.".repeat(3_000)}x`,
  `Bearer ${"x".repeat(9_000)}`,
  "Basic dmljdGltOng=",
  "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aWN0aW0ifQ.",
  `restante=rst1.dmljdGlt.${"A".repeat(43)}`,
  "restante=%; restante=;;=",
  "http://localhost",
  "https://evil.test",
  "null",
  "http://[",
  "same-origin",
  "\xff\xfe",
  "127.0.0.1",
  "[2001:db8::%eth0]:80",
  "1.2.3.4, 5.6.7.8",
  "-1",
  "99999999999",
  "websocket",
  "Upgrade",
];
const HEADERS = [
  "Authorization",
  "Cookie",
  "Origin",
  "Sec-Fetch-Site",
  "CF-Connecting-IP",
  "X-Forwarded-Host",
  "Content-Type",
  "Transfer-Encoding",
  "Accept",
  "Sec-WebSocket-Extensions",
  "CF-Worker",
];
const QUERIES = [
  "",
  "?device=d",
  "?device=",
  "?device=d&cursor=-1",
  "?device=d&cursor=head&epoch=x",
  "?device=d&token=x",
  "?user=victim",
  "?limit=0",
  "?limit=1e9&before=x",
  `?device=${"d".repeat(100)}`,
  "?device=d&device=e",
  "?%00=%00",
  "?user=%ff",
];

function addressOf(random: Random): string {
  const n = random.below(ADDRESSES);
  return random.chance(0.5) ? `198.18.${n >> 8}.${n & 255}` : `2001:db8:${n.toString(16)}::${random.below(1_000)}`;
}

function hostile(random: Random): string {
  const upgrade = random.chance(0.5);
  const method = upgrade && random.chance(0.9) ? "GET" : random.pick(METHODS);
  const path = upgrade && random.chance(0.8) ? "/client/" : random.pick(PATHS);
  const name = path.endsWith("/") || random.chance(0.1) ? random.pick(NAMES) : "";
  const lines = [
    `${method} ${path}${name.replaceAll(" ", "%20")}${random.pick(QUERIES)} HTTP/1.1`,
    `Host: ${new URL(server.url).host}`,
  ];
  if (random.chance(0.9)) lines.push(`CF-Connecting-IP: ${addressOf(random)}`);
  if (upgrade) {
    lines.push(
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    );
    if (random.chance(0.9)) lines.push(`Sec-WebSocket-Protocol: ${random.pick(PROTOCOLS)}`);
  } else lines.push("Connection: close");
  for (let i = random.below(4); i > 0; i--) lines.push(`${random.pick(HEADERS)}: ${random.pick(VALUES)}`);
  const bodiless = upgrade || method === "GET" || method === "HEAD" || method === "TRACE";
  // Outside of the Worker's own paths the local runtime serves assets, and drops the connection if the body is long.
  const bodies = new URL(`${server.url}${path}${name}`).pathname.startsWith("/api/")
    ? BODIES
    : BODIES.filter(({ length }) => length < 1_000);
  const body = bodiless ? "" : random.pick(bodies);
  if (body !== "") lines.push(`Content-Length: ${body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

test("10,000 hostile requests open no mailbox and learn no internal detail", { timeout: 300_000 }, async () => {
  const random = new Random(20_261_124);
  const statuses = new Map<string, number>();
  let left = REQUESTS;
  const one = async () => {
    while (left > 0) {
      left--;
      const text = hostile(random);
      const answer = await exchange(text);
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "none";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const about = `${JSON.stringify(text.slice(0, 600))} → ${answer.slice(0, 600)}`;
      expect(answer, about).not.toMatch(INTERNAL_DETAILS);
      expect(answer, about).not.toContain('"welcome"');
      expect(Number(status) >= 500 && status !== "501", about).toBe(false);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  // The requests reach different checks of the server.
  for (const status of ["101", "200", "400", "401", "403", "404", "405", "413", "426", "429"]) {
    if (status !== "405") expect([...statuses.keys()]).toContain(status);
  }
  const bearer = { headers: { Authorization: `Bearer ${victim.token}` } };
  const devices = (await (await fetch(`${server.url}/api/devices`, bearer)).json()) as { id: string }[];
  expect(devices.map(({ id }) => id)).toEqual([victim.device]);
  const conversations = await (await fetch(`${server.url}/api/conversations`, bearer)).json();
  expect(conversations).toMatchObject({ conversations: [] });
  expect(server.output).not.toContain(victim.token.split(".")[2]);
});
