// The account dialog of the page: notices of new devices, the proof that the server asks for, and signing out other
// devices.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

/** Another browser of the same user, with a link code of the first one. */
async function linkedWith(first: PageUser, userName: string): Promise<PageUser> {
  await first.account.click();
  await first.button("Link a device").click();
  const code = (await first.page.locator("output.code").textContent()) ?? "";
  await first.button("Close").click();
  const second = await fixture.newUser();
  await second.signIn(userName, code);
  await second.untilConnected();
  return second;
}

/** The server asks once for a proof before this request. */
async function asksOnce({ page }: PageUser, path: string): Promise<void> {
  const problem = {
    type: "urn:restante:proof_required",
    code: "proof_required",
    message: "Show first that it is you.",
  };
  await page.route(`**${path}`, (route) => route.fulfill({ status: 403, json: problem }), { times: 1 });
}

test("[A13] the page shows a notice that another device signed in, which opens the devices; a reload remembers it, and that it was seen", async () => {
  const name = fixture.uniqueName("nora");
  const first = await fixture.newUser();
  await first.claim(name);
  const second = await linkedWith(first, name);
  const line = first.page.locator(".account-notice");
  await line.getByText("A new device signed in.").waitFor();
  await first.page.reload();
  await line.getByText("A new device signed in.").waitFor();
  await line.getByRole("button", { name: "Not you? Check your devices" }).click();
  const devices = first.page.getByRole("dialog").getByRole("region", { name: "Devices" });
  await devices.getByText("A new device signed in.").waitFor();
  await first.button("Close").click();
  await first.page.reload();
  await first.untilConnected();
  expect(await line.count()).toBe(0);
  // The new device gets no notice about itself.
  expect(await second.page.locator(".account-notice").count()).toBe(0);
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A15] where the server asks for a proof the page asks for the recovery code, and sends the request again", async () => {
  // A request that passes through a service worker is not always seen by `route`.
  const first = await fixture.newUser({ serviceWorkers: "block" });
  const name = fixture.uniqueName("petra");
  const recovery = await first.claim(name);
  await first.account.click();
  await asksOnce(first, "/api/link-codes*");
  await first.button("Link a device").click();
  const proof = first.page.getByRole("dialog", { name: "Confirm it's you" });
  await proof.getByLabel("Recovery code").fill("0000-0000");
  await proof.getByRole("button", { name: "Continue" }).click();
  await proof.getByText("That recovery code isn't right.").waitFor();
  await proof.getByLabel("Recovery code").fill(recovery);
  await proof.getByRole("button", { name: "Continue" }).click();
  await first.page.getByText(/^[0-9a-z]{4}(-[0-9a-z]{4}){2}$/).waitFor();
  expect(await proof.count()).toBe(0);
  // Cancelling changes nothing.
  await asksOnce(first, "/api/account*");
  await first.button("Delete account").click();
  await first.page.getByLabel("To confirm, enter", { exact: false }).fill(name);
  await first.page.getByRole("dialog").locator("form.asked").getByRole("button").click();
  await proof.getByRole("button", { name: "Cancel" }).click();
  await proof.waitFor({ state: "detached" });
  await first.button("Close").click();
  await first.untilConnected();
  expect(first.errors).toEqual([]);
});

test("[A16] all other devices can be signed out from the page, which shows the next recovery code", async () => {
  const name = fixture.uniqueName("olga");
  const first = await fixture.newUser();
  const recovery = await first.claim(name);
  const second = await linkedWith(first, name);
  await first.account.click();
  await first.confirm(first.button("Sign out all other devices"));
  await second.outside.waitFor();
  const shown = first.page.getByRole("dialog", { name: "Save your recovery code" }).locator("output");
  const next = (await shown.textContent()) ?? "";
  expect(next).toMatch(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/);
  expect(next).not.toBe(recovery);
  await first.button("I've saved it").click();
  await shown.waitFor({ state: "detached" });
  await second.signIn(name, next);
  await second.button("I've saved it").waitFor();
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A14] signing out the device that had made the last recovery code shows a new one", async () => {
  const name = fixture.uniqueName("irma");
  const first = await fixture.newUser();
  await first.claim(name);
  const second = await linkedWith(first, name);
  await second.account.click();
  const others = second.page.getByRole("dialog").getByRole("listitem").filter({ hasNotText: "This device" });
  await second.confirm(others.getByRole("button", { name: "Sign out" }));
  await first.outside.waitFor();
  await second.page.getByRole("dialog", { name: "Save your recovery code" }).waitFor();
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A15] a passkey of this browser is a proof on the page too", async () => {
  // A passkey needs a host with a name: an IP address can have none.
  const first = await fixture.newUser({}, fixture.url.replace("127.0.0.1", "localhost"));
  const devtools = await first.page.context().newCDPSession(first.page);
  await devtools.send("WebAuthn.enable");
  const kind = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true } as const;
  const options = { ...kind, isUserVerified: true, automaticPresenceSimulation: true };
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  await first.claim(fixture.uniqueName("kyra"));
  await first.account.click();
  await first.button("Add a passkey").click();
  await first.button("Remove").waitFor();
  await asksOnce(first, "/api/link-codes*");
  const proved = first.page.waitForResponse((response) => response.url().includes("/api/proof/passkey?"));
  await first.button("Link a device").click();
  await first.button("Use a passkey").click();
  expect((await proved).status()).toBe(204);
  await first.page.getByText(/^[0-9a-z]{4}(-[0-9a-z]{4}){2}$/).waitFor();
  expect(first.errors).toEqual([]);
});
