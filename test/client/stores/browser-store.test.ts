// The store in IndexedDB holds the contract of a store: real Chromium.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { startBrowser } from "../../support/browser.ts";
import { bundle } from "../../support/bundle.ts";
import { CASES } from "./contract.ts";

let page: Page;

beforeAll(async () => {
  const browser = await startBrowser();
  const site = createServer((_, response) => response.end());
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}`);
  await page.addScriptTag({ content: readFileSync(await bundle("test/client/stores/contract-page.ts"), "utf8") });
  return async () => {
    await browser.close();
    site.close();
  };
});

test.each(CASES.filter(({ needs }) => needs !== "arrivals"))("in IndexedDB: $title", async ({ title, expected }) => {
  const play = (name: string) =>
    (globalThis as unknown as { playCase(title: string): Promise<unknown> }).playCase(name);
  expect(await page.evaluate(play, title)).toEqual(expected);
});
