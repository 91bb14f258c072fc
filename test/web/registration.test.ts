// The way in where registration is closed or by invitation, and without https.
import { SignJWT } from "jose";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { PageUser } from "../support/page-user.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const INVITE_SECRET = "a secret for invitations, long enough";
/** A name that leads to this machine, and of which browsers don't know that. */
const ELSEWHERE = "chat.test";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    startBrowser([`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`]),
    startServer({ RATE_LIMIT: "off", REGISTRATION: "invite", INVITE_SECRET }),
  ]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

const invitation = () =>
  new SignJWT({ aud: "restante invitation" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(INVITE_SECRET));

test("[A8] by invitation a new user enters it, and an existing one signs in without", async () => {
  const user = await PageUser.inNewContext(browser, server.url);
  await user.button("I'm new").click();
  await user.page.getByText("You need an invitation to join.", { exact: false }).waitFor();
  await user.page.getByLabel("Invitation").fill("nonsense");
  await user.userName.fill("ines");
  await user.button("Create account").click();
  await user.page.getByRole("alert").getByText("This invitation isn't valid", { exact: false }).waitFor();
  await user.page.getByLabel("Invitation").fill(await invitation());
  await user.page.getByText("“ines” is available.").waitFor();
  await user.button("Create account").click();
  const code = (await user.page.locator("output").textContent()) ?? "";
  await user.button("I've saved it").click();
  await user.untilConnected();

  const again = await PageUser.inNewContext(browser, server.url);
  await again.signIn("ines", code);
  await again.button("I've saved it").click();
  await again.untilConnected();

  // The server does the same where registration is closed; here it only says that it is.
  const closed = await PageUser.inNewContext(browser, "about:blank", { serviceWorkers: "block" });
  await closed.page.route("**/api/auth", (route) =>
    route.fulfill({ json: { auth: "accounts", registration: "closed" } }),
  );
  await closed.page.goto(server.url);
  await closed.page.getByText("This server isn't taking new accounts.").waitFor();
  expect(await closed.button("I'm new").count()).toBe(0);
  await closed.userName.fill("ines");
  await closed.page.getByLabel("Code", { exact: true }).fill("0000-0000");
  await closed.button("Sign in").click();
  await closed.page.getByRole("alert").getByText("That code isn't right for this name,", { exact: false }).waitFor();
  expect([...user.errors, ...again.errors]).toEqual([]);
});

test("without https nobody claims a name with accounts: the page says at once what is missing", async () => {
  const user = await PageUser.inNewContext(browser, server.url.replace("127.0.0.1", ELSEWHERE));
  await user.page.getByRole("alert").getByText("Open this page at its https address.", { exact: false }).waitFor();
  expect(await user.page.getByRole("textbox").count()).toBe(0);
  expect(await user.button("I'm new").count()).toBe(0);
});

test("without https an open server can be used, with a warning", async () => {
  const open = await startServer({ ...OPEN, OPEN_ANYWHERE: "yes" });
  try {
    const user = await PageUser.inNewContext(browser, open.url.replace("127.0.0.1", ELSEWHERE));
    await user.page.getByRole("alert").getByText("This page isn't on https", { exact: false }).waitFor();
    await user.userName.fill("olaf");
    await user.button("Sign in").click();
    await user.untilConnected();
  } finally {
    await open.stop();
  }
});
