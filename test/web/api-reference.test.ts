// The API reference at /api/docs, in a real browser: it shows every route, violates no policy, and fetches nothing from
// other origins.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  page = await browser.newPage();
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("request", (request) => void asked.push(new URL(request.url()).origin));
  await page.goto(`${server.url}/api/docs`);
  await page.locator(".opblock").first().waitFor();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("[H12] the reference shows every route of the description", async () => {
  const { paths } = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
  const routes = Object.values(paths).flatMap((methods) => Object.keys(methods));
  expect(await page.locator(".opblock").count()).toBe(routes.length);
});

test("[H12] an opened route shows its text as text", async () => {
  const operation = page.locator("#operations-Messages-post_api_messages");
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".opblock-description code").first().waitFor();
  expect(await operation.locator(".opblock-description code").first().innerText()).toBe("Idempotency-Key");
});

test("[H12] a request can be sent from the reference", async () => {
  const operation = page.locator("#operations-Server-get_api_online");
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".execute").click();
  await operation.locator(".live-responses-table .response-col_status").first().waitFor();
  expect(await operation.locator(".live-responses-table").innerText()).toContain('"users": 0');
});

test("[H12] the policy of the reference is as strict as the page's, nothing violated it, and nothing came from another origin", async () => {
  const { headers } = await fetch(`${server.url}/api/docs`);
  const policy = headers.get("Content-Security-Policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe");
  expect(policy.match(/default-src/g)?.length).toBe(1);
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(new Set(asked)).toEqual(new Set([server.url]));
  expect(complaints).toEqual([]);
});
