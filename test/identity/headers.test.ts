// The headers of every answer, whatever it is: nothing is sniffed, framed, run or kept.
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
});
