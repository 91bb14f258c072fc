// The page where names are claimed: a newcomer is in with a name alone, a reload stays in, and another browser gets in by a code.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({})]);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function visit(): Promise<{ page: Page; errors: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  page.setDefaultTimeout(60_000);
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (line) => {
    if (line.type() === "error" && !line.text().includes("Failed to load resource")) errors.push(line.text());
  });
  await page.goto(server.url);
  // The server was asked whether there are accounts.
  await page.waitForLoadState("networkidle");
  return { page, errors };
}

const reads = (page: Page, words: string) => page.getByRole("status").filter({ hasText: words }).first().waitFor();

async function enter(page: Page, userName: string): Promise<void> {
  await page.getByLabel("Your name", { exact: true }).fill(userName);
  await page.getByLabel("Your name", { exact: true }).press("Enter");
}

test("two people claim their names and chat; a reload stays in; a code lets a second browser in; signing out ends it", async () => {
  const alice = await visit();
  await enter(alice.page, "Alice");
  await reads(alice.page, "Connected as alice");
  const recovery = (await alice.page.locator("#recovery-code").textContent()) ?? "";
  expect(recovery).toMatch(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/);

  const bob = await visit();
  await enter(bob.page, "bob");
  await reads(bob.page, "Connected as bob");
  await bob.page.getByLabel("Receiver", { exact: true }).fill("alice");
  await bob.page.getByLabel("Text", { exact: true }).fill("Good morning");
  await bob.page.getByRole("button", { name: "Send" }).click();
  await alice.page.getByText("Good morning").waitFor();

  await alice.page.reload();
  await reads(alice.page, "Connected as alice");
  expect(await alice.page.locator("#recovery").isVisible()).toBe(false);

  const second = await visit();
  await enter(second.page, "alice");
  await second.page.getByText("This name is taken").waitFor();
  await alice.page.getByRole("button", { name: "Link a device" }).click();
  await alice.page.locator("#link-code", { hasText: "on the other device" }).waitFor();
  const link = ((await alice.page.locator("#link-code").textContent()) ?? "").slice(0, 9);
  await second.page.getByLabel("Code", { exact: true }).fill("0000-0000");
  await second.page.getByLabel("Code", { exact: true }).press("Enter");
  await second.page.getByText("the name or the code is wrong").waitFor();
  await second.page.getByLabel("Code", { exact: true }).fill(link);
  await second.page.getByLabel("Code", { exact: true }).press("Enter");
  await reads(second.page, "Connected as alice");
  await second.page.getByText("Good morning").waitFor();

  await second.page.getByRole("button", { name: "Sign out" }).click();
  await reads(second.page, "Signed out");
  await second.page.reload();
  await second.page.waitForLoadState("networkidle");
  expect(await second.page.getByText("Good morning").count()).toBe(0);
  await alice.page.getByText("Good morning").waitFor();
  for (const { errors } of [alice, bob, second]) expect(errors).toEqual([]);
});
