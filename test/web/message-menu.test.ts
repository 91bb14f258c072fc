// The menu of a message: by the mouse, by a long press, by keys; what it does, and what it says where it can't.
import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const bubble = ({ messages }: PageUser, hasText: string) => messages.filter({ hasText });

async function openByMouse(user: PageUser, text: string): Promise<void> {
  await bubble(user, text).hover();
  await bubble(user, text).getByRole("button", { name: "Message options" }).click();
}

const isFocused = (one: Locator) => one.evaluate((element) => element === document.activeElement);

test("the menu opens by its button, has the time in full, moves by keys, closes, and gives the focus back", async () => {
  const { alice } = await fixture.twoContacts();
  const { page } = alice;
  const more = bubble(alice, "hello").getByRole("button", { name: "Message options" });
  await openByMouse(alice, "hello");
  const menu = page.getByRole("menu", { name: "Message options" });
  await menu.waitFor();
  const year = String(new Date().getFullYear());
  expect(await page.locator("dialog.menu .soft").textContent()).toContain(year);
  const [copy, remove] = [alice.menuItem("Copy text"), alice.menuItem("Delete for me")];
  expect(await isFocused(copy)).toBe(true);
  await page.keyboard.press("ArrowDown");
  expect(await isFocused(remove)).toBe(true);
  await page.keyboard.press("ArrowDown");
  expect(await isFocused(copy)).toBe(true);
  await page.keyboard.press("ArrowUp");
  expect(await isFocused(remove)).toBe(true);
  await page.keyboard.press("Home");
  expect(await isFocused(copy)).toBe(true);
  await page.keyboard.press("End");
  expect(await isFocused(remove)).toBe(true);
  await page.keyboard.press("c");
  expect(await isFocused(copy)).toBe(true);
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  expect(await isFocused(more)).toBe(true);
  await more.press("Enter");
  await menu.waitFor();
  await page.mouse.click(3, 3);
  await menu.waitFor({ state: "detached" });
  expect(alice.errors).toEqual([]);
});

test("a message is copied, and the menu says so where the browser refuses", async () => {
  const { b, alice } = await fixture.twoUsers();
  await alice.page.context().grantPermissions(["clipboard-write"]);
  await alice.open(b);
  await alice.send("copy me");
  await openByMouse(alice, "copy me");
  await alice.menuItem("Copy text").click();
  await alice.page.getByRole("menu").waitFor({ state: "detached" });
  await alice.composer.press("ControlOrMeta+V");
  expect(await alice.composer.inputValue()).toBe("copy me");
  await alice.page.evaluate(() => Object.assign(navigator.clipboard, { writeText: () => Promise.reject(new Error()) }));
  await openByMouse(alice, "copy me");
  await alice.menuItem("Copy text").click();
  await alice.page.getByRole("alert").getByText("Couldn't copy.", { exact: false }).waitFor();
});

test("a message is deleted after a question, on all devices of the user, and not for the other one", async () => {
  const [a, b] = [fixture.uniqueName("alice"), fixture.uniqueName("bob")];
  const [alice, second, bob] = await Promise.all([fixture.newUser(), fixture.newUser(), fixture.newUser()]);
  const code = await alice.claim(a);
  await bob.claim(b);
  await alice.open(b);
  await alice.send("hello");
  await bob.open(a);
  await bob.sees("hello");
  await bob.send("hi");
  await alice.sees("hi");
  await second.signIn(a, code);
  await second.button("I've saved it").click();
  await second.untilConnected();
  await second.open(b);
  await second.sees("hello");
  await openByMouse(alice, "hello");
  await alice.menuItem("Delete for me").click();
  await alice.page.getByText("The other person keeps it.", { exact: false }).waitFor();
  await alice.button("Cancel").click();
  await alice.sees("hello");
  await openByMouse(alice, "hello");
  await alice.menuItem("Delete for me").click();
  await alice.button("Delete for me").click();
  await bubble(alice, "hello").waitFor({ state: "detached" });
  await bubble(second, "hello").waitFor({ state: "detached" });
  expect(await isFocused(bubble(alice, "hi"))).toBe(true);
  expect(await bob.texts()).toEqual(["hello", "hi"]);
  await alice.page.reload();
  await alice.sees("hi");
  expect(await alice.texts()).toEqual(["hi"]);
});

test("without a network the menu says that a message could not be deleted, and the message stays", async () => {
  const { alice } = await fixture.twoContacts();
  await alice.page.context().setOffline(true);
  await openByMouse(alice, "hello");
  await alice.menuItem("Delete for me").click();
  await alice.button("Delete for me").click();
  await alice.page.getByRole("alert").getByText("The server can't be reached.", { exact: false }).waitFor();
  await alice.page.keyboard.press("Escape");
  expect(await alice.texts()).toEqual(["hello", "hi"]);
});

test("a failed message is sent again, or discarded, from its menu", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("alice"));
  await user.open(fixture.uniqueName("nobody"));
  await user.send("is anybody there?");
  await user.button("Discard").waitFor();
  await openByMouse(user, "is anybody there?");
  expect(await user.menuItem("Delete for me").count()).toBe(0);
  // The failed message goes away with the focus, which moves to the messages.
  const log = user.page.getByRole("log");
  const failed = await bubble(user, "is anybody there?").getAttribute("data-key");
  await user.menuItem("Send again").click();
  await user.page.locator(`[data-key="${failed}"]`).waitFor({ state: "detached" });
  expect(await isFocused(log)).toBe(true);
  const again = await bubble(user, "is anybody there?").getAttribute("data-key");
  await user.button("Send again").click();
  await user.page.locator(`[data-key="${again}"]`).waitFor({ state: "detached" });
  expect(await isFocused(log)).toBe(true);
  await user.button("Discard").waitFor();
  await openByMouse(user, "is anybody there?");
  await user.menuItem("Discard").click();
  await bubble(user, "is anybody there?").waitFor({ state: "detached" });
  expect(await isFocused(log)).toBe(true);
});

test("arrows move through the messages, and the menu key, Enter and Arrow Up in an empty field open the menu", async () => {
  const { alice } = await fixture.twoContacts();
  const { page } = alice;
  const menu = page.getByRole("menu");
  await page.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  expect(await isFocused(bubble(alice, "hi"))).toBe(true);
  await page.keyboard.press("ArrowUp");
  const first = bubble(alice, "hello");
  expect(await isFocused(first)).toBe(true);
  for (const key of ["Enter", "Shift+F10", "ContextMenu"]) {
    await page.keyboard.press(key);
    await menu.waitFor();
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
    expect(await isFocused(first)).toBe(true);
  }
  await page.keyboard.press("Escape");
  expect(await isFocused(alice.composer)).toBe(true);
  await alice.composer.fill("x");
  await page.keyboard.press("ArrowUp");
  expect(await menu.count()).toBe(0);
  await alice.composer.fill("");
  await page.keyboard.press("ArrowUp");
  await menu.waitFor();
  await page.keyboard.press("Escape");
  expect(await isFocused(first)).toBe(true);
});

test("a long press opens the menu at the bottom of a phone of 320 px, and selects no text", async () => {
  const { b } = await fixture.twoContacts();
  const phone = await fixture.newUser({ viewport: { width: 320, height: 560 }, hasTouch: true, isMobile: true });
  await phone.claim(fixture.uniqueName("phone"));
  await phone.open(b);
  await phone.send("press me");
  await phone.sees("press me", "Sent");
  const box = await bubble(phone, "press me").boundingBox();
  const devtools = await phone.page.context().newCDPSession(phone.page);
  const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 10 };
  await devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  const sheet = phone.page.locator("dialog.menu");
  await sheet.waitFor();
  await devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  expect(await phone.page.evaluate(() => String(getSelection()))).toBe("");
  const { x, y, width, height } = (await sheet.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  expect([x, width, Math.round(y + height)]).toEqual([0, 320, 560]);
  await phone.menuItem("Delete for me").tap();
  await phone.button("Delete for me").tap();
  await bubble(phone, "press me").waitFor({ state: "detached" });
});
