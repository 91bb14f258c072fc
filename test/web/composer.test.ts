// The field in which messages are written: its keys, on a computer and on a phone, and what it can't send.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

test.each([
  ["isComposing", { isComposing: true }],
  ["the code 229, after Safari's end of the composition", { isComposing: false, keyCode: 229 }],
])("an Enter that ends a composition sends nothing: %s", async (_, key) => {
  const { alice } = await fixture.twoContacts();
  await alice.composer.fill("你好");
  await alice.composer.evaluate((field, init) => {
    field.dispatchEvent(new CompositionEvent("compositionend", { data: "你好", bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init }));
  }, key);
  expect(await alice.composer.inputValue()).toBe("你好");
  await alice.composer.press("Enter");
  await alice.sees("你好", "Read");
  expect(await alice.texts()).toEqual(["hello", "hi", "你好"]);
});

test("on a phone Enter breaks the line and the button sends; no field takes the focus by itself", async () => {
  const { a, b, alice } = await fixture.twoUsers();
  const phone = await fixture.newUser(PHONE);
  const c = fixture.uniqueName("phone");
  await phone.claim(c);
  await phone.open(b);
  await phone.composer.waitFor();
  expect(await phone.composer.evaluate((field) => field === document.activeElement)).toBe(false);
  expect(await phone.composer.getAttribute("enterkeyhint")).toBe("enter");
  await phone.composer.focus();
  await phone.page.keyboard.type("one");
  await phone.page.keyboard.press("Enter");
  await phone.page.keyboard.type("two");
  expect(await phone.composer.inputValue()).toBe("one\ntwo");
  await phone.button("Send").tap();
  await phone.sees("one\ntwo");
  expect(await phone.texts()).toEqual(["one\ntwo"]);
  await alice.open(c);
  await alice.send("may I?");
  await phone.button("Back").tap();
  await phone.list.getByRole("link", { name: new RegExp(a) }).tap();
  await phone.button("Accept").tap();
  await phone.button("Accept").waitFor({ state: "detached" });
  expect(await phone.page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("log");
});

test("after Accept and after Unblock the focus is in the field", async () => {
  const { a, b, alice, bob } = await fixture.twoUsers();
  await alice.open(b);
  await alice.send("may I?");
  await bob.list.getByRole("link", { name: new RegExp(a) }).click();
  const isFocused = () => bob.composer.evaluate((field) => field === document.activeElement);
  await bob.button("Accept").click();
  await bob.button("Accept").waitFor({ state: "detached" });
  await expect.poll(isFocused).toBe(true);
  await bob.button("Block").click();
  await bob.button("Unblock").click();
  await bob.composer.waitFor();
  await expect.poll(isFocused).toBe(true);
});

test.each(["drop", "paste"])(
  "a file of a %s is not opened, and the page says that only text can be sent",
  async (how) => {
    const { alice } = await fixture.twoContacts();
    const prevented = await alice.composer.evaluate((field, type) => {
      const data = new DataTransfer();
      data.items.add(new File(["x"], "picture.png", { type: "image/png" }));
      const init = { bubbles: true, cancelable: true };
      const event =
        type === "drop"
          ? new DragEvent(type, { ...init, dataTransfer: data })
          : new ClipboardEvent(type, { ...init, clipboardData: data });
      return !field.dispatchEvent(event);
    }, how);
    expect(prevented).toBe(true);
    await alice.page.getByText("Only text can be sent so far.").waitFor();
    await alice.composer.fill("then text");
    await alice.page.getByText("Only text can be sent so far.").waitFor({ state: "detached" });
    await alice.composer.press("Enter");
    await alice.sees("then text", "Read");
  },
);

test("a text that is too long says by how much, is not sent, and is not lost", async () => {
  const { b, alice } = await fixture.twoUsers();
  await alice.open(b);
  await alice.composer.fill("x".repeat(65_000));
  expect(await alice.page.locator("#composer-note").textContent()).toBe("");
  await alice.composer.fill("x".repeat(70_000));
  await alice.page.getByText("Too long. Shorten it by about 4,500 characters.").waitFor();
  expect(await alice.button("Send").isDisabled()).toBe(true);
  await alice.composer.press("Enter");
  expect((await alice.composer.inputValue()).length).toBe(70_000);
  await alice.composer.fill("好".repeat(22_000));
  await alice.page.getByText("Too long. Shorten it by about 160 characters.").waitFor();
});
