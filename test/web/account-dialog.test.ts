// The account's dialog: how it closes, what signing out asks, passkeys that look alike, and the presence of others.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { HAS_CODE, type PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

/** A passkey needs a host with a name: an IP address can have none. */
const withName = () => fixture.url.replace("127.0.0.1", "localhost");

async function addAuthenticator({ page }: PageUser): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const kind = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true } as const;
  const options = { ...kind, isUserVerified: true, automaticPresenceSimulation: true };
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
}

test("the dialog closes by its cross, by Escape, and by a click beside it, but not by one inside; its head stays", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("doro"));
  const dialog = user.page.getByRole("dialog");
  for (const close of [
    () => user.button("Close").click(),
    () => user.page.keyboard.press("Escape"),
    () => user.page.mouse.click(5, 5),
  ]) {
    await user.account.click();
    await dialog.getByText("Chrome, Linux").click();
    await dialog.waitFor();
    await close();
    await dialog.waitFor({ state: "detached" });
  }
  await user.account.click();
  await dialog.getByText("Chrome, Linux").waitFor();
  await dialog.evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
  const [top, head] = await dialog.evaluate((box) => [
    box.getBoundingClientRect().top,
    box.querySelector("header")?.getBoundingClientRect().top ?? -1,
  ]);
  expect(Math.abs(head - top)).toBeLessThan(3);
  expect(user.errors).toEqual([]);
});

test("signing out the only device asks first, and with a second way back in it does not", async () => {
  const name = fixture.uniqueName("dana");
  const first = await fixture.newUser();
  const code = await first.claim(name);
  await first.account.click();
  await first.button("Sign out").click();
  await first.page.getByRole("alertdialog").getByText("This is your only device.", { exact: false }).waitFor();
  // The same button again asks again.
  const asked = first.page.waitForResponse("**/api/passkeys*");
  await first.button("Sign out").click();
  await asked;
  await first.page.getByRole("alertdialog").getByText("This is your only device.", { exact: false }).waitFor();
  await first.button("Cancel").click();
  expect(await first.button(HAS_CODE).count()).toBe(0);
  const second = await fixture.newUser();
  await second.signIn(name, code);
  await second.button("I've saved it").click();
  await second.untilConnected();
  // By now the list has another device with a button of the same name.
  await first.page.getByRole("region", { name: "Your data" }).getByRole("button", { name: "Sign out" }).click();
  await first.outside.waitFor();
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("where the server does not say in time whether it is the only device, signing out asks, too", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("dirk"));
  await user.page.clock.install();
  await user.account.click();
  await user.page.getByText("Chrome, Linux").waitFor();
  // An answer that never comes.
  await user.page.route("**/api/passkeys*", () => undefined);
  const asked = user.page.waitForRequest("**/api/passkeys*");
  await user.button("Sign out").click();
  await asked;
  await user.page.clock.runFor(3_000);
  await user.page.getByRole("alertdialog").getByText("If this is your only device", { exact: false }).waitFor();
  await user.button(HAS_CODE).click();
  await user.outside.waitFor();
});

test("[A10] a second passkey on one device, and one of another name, are refused with the right sentence", async () => {
  const [one, other] = [fixture.uniqueName("mia"), fixture.uniqueName("mia")];
  const user = await fixture.newUser({}, withName());
  await addAuthenticator(user);
  await user.claim(one);
  await user.account.click();
  await user.button("Add a passkey").click();
  const passkeys = user.page.getByRole("region", { name: "Passkeys" });
  await passkeys.getByText(/^Added /).waitFor();
  await user.button("Add a passkey").click();
  await passkeys.getByRole("alert").getByText("This device already has a passkey for your account.").waitFor();
  await passkeys.getByRole("button", { name: "Remove" }).click();
  await passkeys.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  expect(await passkeys.getByRole("listitem").count()).toBe(1);
  await user.page.getByRole("region", { name: "Your data" }).getByRole("button", { name: "Sign out" }).click();
  // The passkey leads back in, so nobody is asked.
  await user.button("Use a passkey").click();
  await user.userName.fill(other);
  await user.button("Use a passkey").click();
  await user.page.getByRole("alert").getByText(`That passkey isn't for “${other}”.`, { exact: false }).waitFor();
  await user.userName.fill(one);
  await user.button("Use a passkey").click();
  await user.untilConnected();
  expect(user.errors).toEqual([]);
});

test("[G5] who switches presence off sees nobody online any more, in any tab; switched on again, everybody who is", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  const seen = bob.page.locator(".about").getByText("online");
  await seen.waitFor();
  const tab = await bob.page.context().newPage();
  await tab.goto(`${fixture.url}/#/${a}`);
  await tab.locator(".about").getByText("online").waitFor();
  await bob.account.click();
  const presence = bob.page.getByLabel("Show when I'm online");
  await presence.click();
  await seen.waitFor({ state: "detached" });
  await tab.locator(".about").getByText("online").waitFor({ state: "detached" });
  await presence.click();
  await seen.waitFor();
  await tab.locator(".about").getByText("online").waitFor();
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});
