// The recovery code: it is shown until the user has saved it, wherever the server gives one.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("[A1] a reload shows the code again, until it was saved", async () => {
  const user = await fixture.newUser();
  const code = await user.create(fixture.uniqueName("rosa"));
  await user.page.getByText("We can't show it again", { exact: false }).waitFor();
  expect(await user.page.getByText("It replaces your old code", { exact: false }).count()).toBe(0);
  await user.page.reload();
  await user.button("I've saved it").waitFor();
  expect(await user.page.locator("output").textContent()).toBe(code);
  await user.button("I've saved it").click();
  await user.untilConnected();
  expect(await user.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(code);
  await user.page.reload();
  await user.untilConnected();
  expect(await user.button("I've saved it").count()).toBe(0);
  expect(user.errors).toEqual([]);
});

test("[A3] a new code in the account can be copied and downloaded, replaces the old one, and stays until it was saved", async () => {
  const name = fixture.uniqueName("rolf");
  const user = await fixture.newUser({ permissions: ["clipboard-write"] });
  const old = await user.claim(name);
  await user.account.click();
  await user.button("New recovery code").click();
  const dialog = user.page.getByRole("dialog", { name: "Save your recovery code" });
  await dialog.getByText("It replaces your old code, which no longer works.", { exact: false }).waitFor();
  const code = (await dialog.locator("output").textContent()) ?? "";
  expect(code).not.toBe(old);
  await dialog.getByRole("button", { name: "Copy" }).click();
  await dialog.getByRole("button", { name: "Copied" }).waitFor();
  const [download] = await Promise.all([
    user.page.waitForEvent("download"),
    dialog.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(readFileSync(await download.path(), "utf8")).toContain(code);
  // Twice: a second Escape closes a dialog in any case.
  for (let i = 0; i < 2; i++) await user.page.keyboard.press("Escape");
  await dialog.waitFor();
  await user.page.reload();
  await user.button("I've saved it").waitFor();
  expect(await user.page.locator("output").textContent()).toBe(code);
  await user.button("I've saved it").click();
  await user.signOut();
  await user.signIn(name, code);
  await user.button("I've saved it").waitFor();
  expect(user.errors).toEqual([]);
});

test("where the browser does not copy, the page says so", async () => {
  const user = await fixture.newUser();
  await user.page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await user.create(fixture.uniqueName("ruth"));
  await user.button("Copy").click();
  await user.page.getByText("Couldn't copy.", { exact: false }).waitFor();
  expect(user.errors).toEqual([]);
});
