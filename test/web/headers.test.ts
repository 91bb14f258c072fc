// Static files have the same headers as answers of the Worker, and a policy under which only the page's own script
// runs.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

test.each(["/", "/page.js", "/page.css", "/status", "/status.js"])("[O4] %s", async (path) => {
  const { status, headers } = await fetch(`${server.url}${path}`);
  expect(status).toBe(200);
  const policy = headers.get("Content-Security-Policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe");
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("X-Frame-Options")).toBe("DENY");
  expect(headers.get("Referrer-Policy")).toBe("no-referrer");
  // All features are denied but those of the page: it copies a code, and makes and uses passkeys.
  const features = (headers.get("Permissions-Policy") ?? "").split(", ");
  expect(features.filter((one) => !one.endsWith("=()"))).toEqual([
    "clipboard-write=(self)",
    "publickey-credentials-create=(self)",
    "publickey-credentials-get=(self)",
  ]);
  const ofTheApi = await fetch(`${server.url}/api/auth`);
  expect((ofTheApi.headers.get("Permissions-Policy") ?? "").replaceAll(/=\(\)/g, "").split(", ")).toEqual(
    features.map((one) => one.replace(/=.*/, "")),
  );
});
