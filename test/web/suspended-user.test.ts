// A user who is suspended while the page is open: the page shows it and deletes nothing, and continues after the
// suspension.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";
import { PageUser } from "../support/page-user.ts";

const ADMIN_TOKEN = "an-operator-secret-of-more-than-32-characters";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off", ADMIN_TOKEN })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

function suspension(method: "PUT" | "DELETE"): Promise<Response> {
  return fetch(`${server.url}/api/admin/users/alice/suspension`, {
    method,
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(method === "PUT" && { body: "{}" }),
  });
}

test("a suspended user sees the reason, keeps the data of the browser, and connects again after the suspension", async () => {
  const alice = await PageUser.inNewContext(browser, server.url);
  await alice.claim("alice");
  await alice.untilConnected();
  expect((await suspension("PUT")).status).toBe(200);
  await alice.page.getByText("suspended", { exact: false }).first().waitFor();
  expect((await alice.page.evaluate(() => indexedDB.databases())).length).toBeGreaterThan(0);
  expect((await suspension("DELETE")).status).toBe(204);
  await alice.page.reload();
  await alice.untilConnected();
});
