// What the account's dialog asks before something that can't be undone, where the focus is then, and a new recovery code
// that is never lost.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { HAS_CODE, type PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const focusOf = ({ page }: PageUser) => page.evaluate(() => document.activeElement?.textContent ?? "");

/** Two devices of one user, of which the first has its account open. */
async function twoDevices(name: string): Promise<{ first: PageUser; second: PageUser }> {
  const [first, second] = [
    await fixture.newUser({ serviceWorkers: "block" }),
    await fixture.newUser({ serviceWorkers: "block" }),
  ];
  const code = await first.claim(name);
  await second.signIn(name, code);
  await second.button("I've saved it").click();
  await second.untilConnected();
  await first.account.click();
  return { first, second };
}

const others = ({ page }: PageUser) =>
  page.getByRole("dialog").getByRole("listitem").filter({ hasNotText: "This device" });

test("signing another device out asks first, with the focus on Cancel, and leaves the focus in the dialog", async () => {
  const { first, second } = await twoDevices(fixture.uniqueName("quinn"));
  const button = others(first).getByRole("button", { name: "Sign out" });
  await button.click();
  await expect.poll(() => focusOf(first)).toBe("Cancel");
  await first.page.keyboard.press("Enter");
  await expect.poll(() => focusOf(first)).toBe("Sign out");
  await second.untilConnected();
  await first.confirm(button);
  await second.outside.waitFor();
  await first.button("I've saved it").click();
  const isInDialog = () => first.page.evaluate(() => document.activeElement?.closest("dialog.account") !== null);
  await expect.poll(isInDialog).toBe(true);
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("[A4] who makes a link before the list of devices is there reads of no device that has come", async () => {
  const { first } = await twoDevices(fixture.uniqueName("quirin"));
  await first.button("Close").click();
  let answer = () => {};
  const isHeld = new Promise<void>((done) => (answer = done));
  await first.page.route("**/api/devices*", async (route) => {
    await isHeld;
    await route.continue();
  });
  await first.account.click();
  await first.button("Link a device").click();
  answer();
  await first.page.getByLabel("Code for the other device").waitFor();
  await others(first).first().waitFor();
  expect(await first.page.getByText("Signed in:", { exact: false }).count()).toBe(0);
});

test("signing out asks for the way back in where the other devices were not seen for a week", async () => {
  const { first, second } = await twoDevices(fixture.uniqueName("quentin"));
  await second.page.close();
  const devices = await first.page.evaluate(
    async () => (await (await fetch("/api/devices")).json()) as { current: boolean }[],
  );
  const json = devices.map((device) => (device.current ? device : { ...device, online: false, seen: 1 }));
  expect(json.length).toBe(2);
  await first.page.route("**/api/devices*", (route) => route.fulfill({ json }));
  await first.page.getByRole("region", { name: "Your data" }).getByRole("button", { name: "Sign out" }).click();
  await first.page.getByRole("alertdialog").getByText("If this is your only device", { exact: false }).waitFor();
  await expect.poll(() => focusOf(first)).toBe("Cancel");
  await first.button(HAS_CODE).click();
  await first.outside.waitFor();
});

test("[A3] a new recovery code is shown, also where the dialog that asked for it is closed by then", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("quiana"));
  let answer = () => {};
  const isHeld = new Promise<void>((done) => (answer = done));
  await user.page.route("**/api/recovery-code*", async (route) => {
    await isHeld;
    await route.continue();
  });
  await user.account.click();
  const asked = user.page.waitForRequest("**/api/recovery-code*");
  await user.button("New recovery code").click();
  await asked;
  await user.button("Close").click();
  answer();
  await user.page.getByRole("dialog", { name: "Save your recovery code" }).waitFor();
  await user.button("I've saved it").click();
  await user.page.getByRole("dialog").waitFor({ state: "detached" });
  expect(user.errors).toEqual([]);
});
