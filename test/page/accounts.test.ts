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

async function visit(url = server.url): Promise<{ page: Page; errors: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  page.setDefaultTimeout(60_000);
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (line) => {
    if (line.type() === "error" && !line.text().includes("Failed to load resource")) errors.push(line.text());
  });
  await page.goto(url);
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
  // What the browser kept for its user is gone with the session.
  expect(await second.page.evaluate(() => indexedDB.databases())).toEqual([]);
  await second.page.reload();
  await second.page.waitForLoadState("networkidle");
  expect(await second.page.getByText("Good morning").count()).toBe(0);
  await alice.page.getByText("Good morning").waitFor();
  for (const { errors } of [alice, bob, second]) expect(errors).toEqual([]);
});

/** A browser whose authenticator is Chromium's own, as a phone's is. */
async function withAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    credentials: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    add: (credential: Awaited<ReturnType<typeof devtools.send<"WebAuthn.getCredentials">>>["credentials"][number]) =>
      devtools.send("WebAuthn.addCredential", { authenticatorId, credential }),
  };
}

test("[A10] a passkey that was made on one device signs another one in", async () => {
  // The passkey of a host that has a name: an address can have none.
  const origin = server.url.replace("127.0.0.1", "localhost");
  const first = await visit(origin);
  const phone = await withAuthenticator(first.page);
  await enter(first.page, "carol");
  await reads(first.page, "Connected as carol");
  await first.page.getByRole("button", { name: "Add a passkey" }).click();
  await first.page.getByText("Passkey added.").waitFor();
  const [credential] = await phone.credentials();
  expect(credential).toMatchObject({ rpId: "localhost" });

  // Synchronised to another device, as platforms do.
  const second = await visit(origin);
  const laptop = await withAuthenticator(second.page);
  if (credential !== undefined) await laptop.add(credential);
  await enter(second.page, "carol");
  await second.page.getByText("This name is taken").waitFor();
  await second.page.getByRole("button", { name: "Use a passkey" }).click();
  await reads(second.page, "Connected as carol");
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A10] without the passkey nobody is signed in", async () => {
  const { page } = await visit(server.url.replace("127.0.0.1", "localhost"));
  await withAuthenticator(page);
  await enter(page, "carol");
  await page.getByText("This name is taken").waitFor();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("The browser has used no passkey.").waitFor();
});
