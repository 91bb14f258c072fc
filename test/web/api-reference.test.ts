// The API reference at /api/docs, in a real browser: it shows every route, violates no policy, and fetches nothing from
// other origins.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

interface Description {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, DescribedResponse> }>>;
}

interface DescribedResponse {
  readonly description: string;
  readonly content?: Record<string, { readonly example?: { readonly status: number; readonly code: string } }>;
}

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

test("[H12] the example of a refusal has a code of its status", async () => {
  const description = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Description;
  const examples = Object.values(description.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses))
    .flatMap(([status, { description: codes, content }]) => {
      const { example } = content?.["application/problem+json"] ?? {};
      return example === undefined ? [] : [{ status, codes, example }];
    });
  expect(examples.length).toBeGreaterThan(100);
  for (const { status, codes, example } of examples) {
    expect(String(example.status)).toBe(status);
    expect(codes).toContain(`\`${example.code}\``);
  }
});

test.each(["light", "dark"] as const)("[H12] axe finds nothing in the reference in %s colours", async (colorScheme) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const context = await browser.newContext({ colorScheme, bypassCSP: true });
  const reference = await context.newPage();
  await reference.goto(`${server.url}/api/docs`);
  await reference.locator("#operations-Accounts-post_api_sign_in .opblock-summary-control").click();
  await reference.locator("#operations-Accounts-post_api_sign_in textarea").waitFor();
  const ground = await reference
    .locator(".swagger-ui")
    .first()
    .evaluate((box) => getComputedStyle(box).backgroundColor);
  if (colorScheme === "dark") expect(ground).toBe("rgb(28, 32, 34)");
  await reference.addScriptTag({ content: axe });
  const found = await reference.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await runner.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
  expect(found).toEqual([]);
  await context.close();
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
