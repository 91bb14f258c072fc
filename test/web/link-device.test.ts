// Linking a device: by an address that the other device opens, which a picture carries too, or by a code.
import { expect, test } from "vitest";
import { qrCode } from "../../src/web/qr.ts";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

/** The code that the page shows, and the address that carries it. */
async function linkOf(user: PageUser, name: string): Promise<{ code: string; address: string }> {
  await user.account.click();
  await user.button("Link a device").click();
  const code = (await user.page.getByLabel("Code for the other device").textContent()) ?? "";
  return { code, address: `${fixture.url}/#link/${name}/${code}` };
}

test("[A4] the link signs another device in after a question; the first device shows that it has come", async () => {
  const name = fixture.uniqueName("lara");
  const first = await fixture.newUser({ permissions: ["clipboard-write"] });
  await first.claim(name);
  const { address } = await linkOf(first, name);
  const picture = first.page.getByRole("img", { name: "QR code with the link" });
  expect(await picture.locator("path").getAttribute("d")).toBe(qrCode(address).path);
  await first.button("Copy link").click();
  await first.button("Copied").waitFor();

  const second = await fixture.newUser();
  // The tab of a browser in which the page is open already.
  await second.page.evaluate((to) => void (location.href = to), address);
  await second.page.getByRole("heading", { name: `Sign in as ${name}?` }).waitFor();
  // The code is neither shown nor remembered by the browser.
  expect(second.page.url()).not.toContain("link");
  await second.button("Sign in").click();
  await second.untilConnected();
  expect(await second.page.getByRole("dialog").count()).toBe(0);

  const dialog = first.page.getByRole("dialog");
  await dialog.getByText("Signed in: Chrome, Linux").waitFor();
  expect(await picture.count()).toBe(0);
  await expect.poll(() => dialog.getByRole("listitem").filter({ hasText: "Sign out" }).count()).toBe(1);
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A4] a link that is no longer good says so, and a user who is signed in reads what it is for", async () => {
  const name = fixture.uniqueName("lutz");
  const user = await fixture.newUser();
  await user.page.goto(`${fixture.url}/#link/${name}/aaaa-bbbb-cccc`);
  await user.button("Sign in").click();
  await user.page.getByRole("alert").getByText("That code isn't right", { exact: false }).waitFor();
  await user.button("Cancel").click();
  await user.claim(name);
  await user.page.goto(`${fixture.url}/#link/${name}/aaaa-bbbb-cccc`);
  await user.page
    .getByRole("dialog")
    .getByText(`You're already signed in here as ${name}.`, { exact: false })
    .waitFor();
  await user.button("OK").click();
  expect(await user.page.getByRole("dialog").count()).toBe(0);
  expect(user.errors).toEqual([]);
});

test("[A4] the code is shown large, can be copied, and ends with its time", async () => {
  const name = fixture.uniqueName("liam");
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(name);
  // The clocks of the page: the code is good for ten minutes.
  await user.page.clock.install();
  await user.account.click();
  await user.button("Link a device").click();
  const code = user.page.getByLabel("Code for the other device");
  await code.waitFor();
  expect(await code.evaluate((shown) => Number.parseFloat(getComputedStyle(shown).fontSize))).toBeGreaterThan(20);
  await user.button("Copy code").waitFor();
  await user.page.clock.runFor(601_000);
  await code.waitFor({ state: "detached" });
  await user.page.getByText("The code has expired.", { exact: false }).waitFor();
});
