// The headers of every response: nothing is sniffed, framed, run or cached.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { HOST } from "../support/accounts.ts";

const answers: [what: string, path: string, init?: RequestInit][] = [
  ["an answer", "/api/conversations?user=alice"],
  ["a refusal", "/api/conversations"],
  ["a wrong body", "/api/settings?user=alice", { method: "PUT", body: "{" }],
  ["nothing at this address", "/api/nowhere"],
  ["no upgrade", "/client/alice"],
  ["a refused upgrade", "/client/system", { headers: { Upgrade: "websocket" } }],
  [
    "a preflight",
    "/api/settings",
    { method: "OPTIONS", headers: { Origin: HOST, "Access-Control-Request-Method": "PUT" } },
  ],
];

test.each(answers)("[O4] %s has them", async (_, path, init) => {
  const { headers } = await exports.default.fetch(new Request(`${HOST}${path}`, init));
  expect(headers.get("Content-Security-Policy")).toMatch(/default-src 'none'/);
  expect(headers.get("Content-Security-Policy")).toMatch(/frame-ancestors 'none'/);
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("X-Frame-Options")).toBe("DENY");
  expect(headers.get("Referrer-Policy")).toBe("no-referrer");
  expect(headers.get("Permissions-Policy")).toMatch(/^([a-z-]+=\(\)(, |$)){30,}$/);
});

test.each([
  ["a path", "localhost/api/auth?"],
  ["a blank", "x y"],
  ["a user", "somebody@localhost"],
  ["a fragment", "localhost#x"],
  ["two ports", "localhost:80:80"],
  ["a port that is none", "localhost:99999"],
  ["a length of a mile", "a".repeat(300)],
  ["a label of a mile", `${"a".repeat(64)}.example`],
  ["an empty label", "a..example"],
  ["half an address", "[::1"],
  ["a percent sign", "exa%6dple.com"],
])(
  "[O7] a Host with %s is refused with 400 before anything else, and the refusal has the headers too",
  async (_, host) => {
    const request = new Request(`${HOST}/api/auth`, { headers: { Host: host } });
    const response = await exports.default.fetch(request);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "bad_query", message: expect.stringContaining("Host") });
    expect(response.headers.get("Content-Security-Policy")).toMatch(/default-src 'none'/);
    expect(response.headers.get("Permissions-Policy")).toContain("camera=()");
  },
);

test.each(["localhost", "LOCALHOST:8787", "[::1]:8787", "a_b.example", "example.com.", "192.0.2.7:80"])(
  "[O7] the Host %s is accepted",
  async (host) => {
    expect((await exports.default.fetch(new Request(`${HOST}/api/auth`, { headers: { Host: host } }))).status).toBe(
      200,
    );
  },
);
