// The operators' page in a browser: nothing without a token, then numbers that follow events; and the rates between two
// samples.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { growth, lastBound, quantile, rate, readSample } from "../../src/web/status/metrics.ts";
import { startBrowser } from "../support/browser.ts";
import { open } from "../support/tcp-devices.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

/** How often the page asks. */
const POLL_MS = 30_000;

const ADMIN_TOKEN = "an-operator-secret-of-more-than-32-characters";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ ...OPEN, ADMIN_TOKEN })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe });
  return page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
    return (await runner.run()).violations.map(({ id }) => id);
  });
}

test("the page shows nothing without an operator's token, and with one the present numbers", async () => {
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    // A wrong token is a 401, which the browser logs itself.
    if (message.type() === "error" && !message.text().includes("401")) wrong.push(message.text());
  });
  await page.clock.install();
  await page.goto(`${server.url}/status`);
  await page.getByLabel("An operator's token").fill("x".repeat(40));
  await page.getByRole("button", { name: "Sign in" }).click();
  const refused = page.getByRole("alert").getByText("not an operator's");
  await refused.waitFor();
  const [colour, bad] = await refused.evaluate((line) => {
    const probe = document.body.appendChild(document.createElement("p"));
    probe.style.color = "var(--bad)";
    const found = [getComputedStyle(line).color, getComputedStyle(probe).color];
    probe.remove();
    return found;
  });
  expect(colour).toBe(bad);
  await page.getByLabel("An operator's token").fill(ADMIN_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Users online" }).waitFor();
  const [alice, bob] = [await open(server.url, "alice"), await open(server.url, "bob")];
  alice.send({ type: "send", id: 1, to: "bob", body: "hi" }, { type: "send", id: 7, to: "bob", body: "too early" });
  await bob.until("message");
  await page.clock.fastForward(POLL_MS);
  const tile = (title: string) =>
    page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: title }) });
  await tile("Users online").locator("strong", { hasText: /^2$/ }).waitFor();
  await tile("Accepted a second").getByText("1 in all").waitFor();
  await page.getByRole("table").getByRole("row", { name: "out_of_order 1" }).waitFor();
  expect(await tile("Users online").getByRole("img").getAttribute("aria-label")).toBe("Users online: 2 now, at most 2");
  // Each chart has its axes: the highest value, zero, and how far it reaches back.
  await tile("Users online").getByText("now", { exact: true }).waitFor();
  await tile("Users online")
    .getByText(/^−\d+ (s|min)$/)
    .waitFor();
  await tile("Delivery time p95").waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  const lefts = await page
    .locator(".tiles > li")
    .evaluateAll((all) => all.map((li) => li.getBoundingClientRect().left));
  expect(new Set(lefts).size).toBe(2);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1_280, height: 800 });
  const colours = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    colours.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    expect(await violations(page)).toEqual([]);
  }
  expect(new Set(colours).size).toBe(2);
  await page.reload();
  await page.getByRole("heading", { name: "Users online" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.reload();
  await page.getByLabel("An operator's token").waitFor();
  expect(wrong).toEqual([]);
});

test("[X5] after a crash the first scrape counts nobody who is gone", async () => {
  const online = async () => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const metrics = await (await fetch(`${server.url}/api/metrics`, { headers })).text();
    return Number(/^restante_users_online (\d+)$/m.exec(metrics)?.[1]);
  };
  await Promise.all(["carol", "dave", "erin"].map((name) => open(server.url, name)));
  await expect.poll(online).toBeGreaterThanOrEqual(3);
  await server.kill();
  await server.restart();
  expect(await online()).toBe(0);
});

const text = (stored: number, below: readonly number[], refused: number) => `# HELP restante_stored_total Messages.
# TYPE restante_stored_total counter
restante_stored_total ${stored}
restante_refused_total{code="rate_limited"} ${refused}
restante_refused_total{code="declined"} 1
${[0.005, 0.1, "+Inf"].map((end, i) => `t_bucket{le="${end}"} ${below[i]}`).join("\n")}
`;

test("two samples give rates and quantiles, and a number that fell counts as 0", () => {
  const [a, b] = [readSample(text(10, [5, 10, 10], 2), 1_000), readSample(text(30, [14, 29, 30], 4), 6_000)];
  expect(rate(a, b, "restante_stored_total")).toBe(4);
  expect(growth(a, b, "restante_refused_total")).toBe(2);
  expect(quantile(a, b, "t", 0.45)).toBe(0.005);
  expect(quantile(a, b, "t", 0.95)).toBe(0.1);
  expect(quantile(a, b, "t", 1)).toBe(Infinity);
  expect(quantile(b, b, "t", 0.5)).toBe(null);
  expect(lastBound(b, "t")).toBe(0.1);
  expect(growth(b, a, "restante_stored_total")).toBe(0);
});
