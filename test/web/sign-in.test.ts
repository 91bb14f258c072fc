// Signing in: a free name is claimed, a taken one asks for a code or a passkey. Signing out leaves nothing in the
// browser.
import { readFileSync } from "node:fs";
import { SignJWT } from "jose";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";
import { PageUser } from "../support/page-user.ts";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off" })]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("a link code of one device signs another one in, and the first one signs it out again", async () => {
  const first = await PageUser.inNewContext(browser, server.url);
  const recovery = await first.claim("Alice");
  expect(recovery).toMatch(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/);
  await first.account.click();
  await first.button("Link a device").click();
  const code = (await first.page.locator("output.code").textContent()) ?? "";

  const second = await PageUser.inNewContext(browser, server.url);
  await second.signIn("alice", "0000-0000");
  await second.page.getByText("That code isn't right for this name,", { exact: false }).waitFor();
  await second.page.getByLabel("Code", { exact: true }).fill(code);
  await second.button("Sign in").click();
  await second.untilConnected();

  await first.button("Close").click();
  await first.account.click();
  const others = first.page.getByRole("dialog").getByRole("listitem").filter({ hasNotText: "This device" });
  await first.confirm(others.getByRole("button"));
  await second.outside.waitFor();
  expect(await second.page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("the recovery code can be copied and downloaded", async () => {
  const user = await PageUser.inNewContext(browser, server.url, { permissions: ["clipboard-write"] });
  const code = await user.create("ida");
  await user.button("Copy").click();
  await user.button("Copied").waitFor();
  // No script of the page may read the clipboard, so it is pasted.
  const field = await user.page.evaluateHandle(() => document.body.appendChild(document.createElement("textarea")));
  await field.focus();
  await user.page.keyboard.press("ControlOrMeta+V");
  expect(await field.evaluate(({ value }) => value)).toBe(code);
  const [download] = await Promise.all([
    user.page.waitForEvent("download"),
    user.page.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("restante-ida.txt");
  expect(readFileSync(await download.path(), "utf8")).toContain(code);
});

test("the recovery code signs a device in, and another code is shown", async () => {
  const first = await PageUser.inNewContext(browser, server.url);
  const recovery = await first.claim("rita");
  const second = await PageUser.inNewContext(browser, server.url);
  await second.signIn("rita", recovery.toUpperCase());
  await second.button("I've saved it").waitFor();
  expect(await second.page.locator("output").textContent()).not.toBe(recovery);
  await second.button("I've saved it").click();
  await second.untilConnected();
});

test("a reload stays signed in; after signing out it stays signed out, and nothing is left in the browser", async () => {
  const { page, ...user } = await PageUser.inNewContext(browser, server.url);
  const dora = Object.assign(new PageUser(page), user);
  await dora.claim("dora");
  await page.reload();
  await dora.untilConnected();
  await dora.signOut();
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  await page.reload();
  await dora.outside.waitFor();
});

test.each([
  ["", "Enter your username."],
  ["no such name!", "Use letters, digits"],
  ["system", "This name isn't available."],
])("the name %j is refused with a sentence at the field", async (name, why) => {
  const user = await PageUser.inNewContext(browser, server.url);
  await user.button("I'm new").click();
  await user.userName.fill(name);
  await user.button("Create account").click();
  await user.page.getByRole("alert").getByText(why, { exact: false }).waitFor();
});

test("a user who enters their name once more erases the account", async () => {
  const user = await PageUser.inNewContext(browser, server.url);
  await user.claim("erna");
  await user.account.click();
  await user.button("Delete account").click();
  const confirm = user.page.getByRole("dialog").locator("form.asked").getByRole("button");
  expect(await confirm.isDisabled()).toBe(true);
  await user.page.getByLabel("To confirm, enter erna", { exact: false }).fill("erna");
  await confirm.click();
  await user.button("I'm new").click();
  await user.userName.fill("erna");
  await user.button("Create account").click();
  await user.page.getByRole("alert").getByText("“erna” is taken.").waitFor();
});

test("in an open deployment a name is enough, and a reload keeps it", async () => {
  const open = await startServer(OPEN);
  try {
    const user = await PageUser.inNewContext(browser, open.url);
    await user.page.getByText("Anyone can use any name on this server", { exact: false }).waitFor();
    await user.userName.fill("otto");
    await user.button("Sign in").click();
    await user.untilConnected();
    await user.page.reload();
    await user.untilConnected();
  } finally {
    await open.stop();
  }
});

test("with JWT a valid token opens the mailbox, and a wrong one leads back to the form; after signing out it is empty", async () => {
  const secret = "a secret of more than thirty-two bytes";
  const variables = { AUTH: "jwt", JWT_SECRET: secret, JWT_ISSUER: "https://issuer.test", JWT_AUDIENCE: "restante" };
  const elsewhere = await startServer(variables);
  try {
    const user = await PageUser.inNewContext(browser, elsewhere.url);
    const come = async (token: string) => {
      await user.userName.fill("judith");
      await user.page.getByLabel("Access token").fill(token);
      await user.button("Sign in").click();
    };
    await come("wrong");
    await user.page.getByRole("alert").getByText("That access token isn't valid", { exact: false }).waitFor();
    // Nothing has to be entered again.
    expect(await user.userName.inputValue()).toBe("judith");
    expect(await user.page.getByLabel("Access token").inputValue()).toBe("wrong");
    const jwt = new SignJWT({ sub: "judith" }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("10m");
    await come(
      await jwt.setIssuer("https://issuer.test").setAudience("restante").sign(new TextEncoder().encode(secret)),
    );
    await user.untilConnected();
    await user.account.click();
    await user.button("Sign out").click();
    // Nothing leads the next person in.
    await user.page.getByLabel("Access token").waitFor();
    expect(await user.userName.inputValue()).toBe("");
    expect(await user.page.getByLabel("Access token").inputValue()).toBe("");
    expect(await user.page.getByRole("alert").allTextContents()).toEqual([""]);
    expect(user.errors).toEqual([]);
  } finally {
    await elsewhere.stop();
  }
});

/** A browser with Chromium's virtual authenticator, like that of a phone. */
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

test("[A10] a passkey that was made on one device signs another one in, and without a passkey nobody comes in", async () => {
  // A passkey needs a host with a name: an IP address can have none.
  const origin = server.url.replace("127.0.0.1", "localhost");
  const first = await PageUser.inNewContext(browser, origin);
  const phone = await withAuthenticator(first.page);
  await first.claim("carol");
  await first.account.click();
  await first.button("Add a passkey").click();
  await first.button("Remove").waitFor();
  const [credential] = await phone.credentials();
  expect(credential).toMatchObject({ rpId: "localhost" });

  const second = await PageUser.inNewContext(browser, origin);
  const laptop = await withAuthenticator(second.page);
  await second.button("Use a passkey").click();
  await second.userName.fill("carol");
  await second.button("Use a passkey").click();
  await second.page.getByText("No passkey was used.", { exact: false }).waitFor();
  // The platform synchronises it to the other device.
  if (credential !== undefined) await laptop.add(credential);
  await second.button("Use a passkey").click();
  await second.untilConnected();
  expect([...first.errors, ...second.errors]).toEqual([]);
});
