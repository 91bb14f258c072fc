// Addresses of conversations in any spelling, and those that name nobody. A real browser and a real server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("each spelling of a name leads to the same conversation, and the address has the canonical one", async () => {
  const { b, alice } = await fixture.twoContacts();
  for (const spelling of [b.toUpperCase(), `%20${b}`, b.replace("b", "%EF%BC%A2")]) {
    await alice.page.goto(`${fixture.url}/#/`);
    await alice.page.goto(`${fixture.url}/#/${spelling}`);
    await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
    await alice.sees("hi");
    expect(await alice.page.evaluate(() => location.hash)).toBe(`#/${b}`);
  }
  await alice.send("by another spelling");
  await alice.sees("by another spelling", "Read");
});

test.each(["a%20b", "x".repeat(80), "system", "admin", "%F0%9F%98%80", "%zz"])(
  "the address #/%s names nobody: the page says so, and has no field in which a text could be lost",
  async (name) => {
    const user = await fixture.newUser();
    await user.claim(fixture.uniqueName("alice"));
    await user.page.goto(`${fixture.url}/#/${name}`);
    await user.page.getByRole("heading", { name: "Nobody has this name" }).waitFor();
    expect(await user.page.locator("textarea").count()).toBe(0);
    const fits = () => document.documentElement.scrollWidth <= innerWidth;
    await user.page.setViewportSize({ width: 320, height: 600 });
    await expect.poll(() => user.page.evaluate(fits)).toBe(true);
    await user.button("To your chats").click();
    await user.list.waitFor();
  },
);

test("the button back and the browser's step back both lead from a conversation to the list, and out of the list", async () => {
  const { a, bob } = await fixture.twoContacts();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.page.goto("about:blank");
  await bob.page.goto(`${fixture.url}/#/`);
  const open = () => bob.list.getByRole("link", { name: new RegExp(a) }).click();
  await open();
  await bob.sees("hi");
  await bob.button("Back").click();
  await bob.list.waitFor();
  await open();
  await bob.sees("hi");
  await bob.page.goBack();
  await bob.list.waitFor();
  await bob.page.goBack();
  expect(bob.page.url()).toBe("about:blank");
});

test("after a conversation that was opened by its address, the button back leaves no way back into it", async () => {
  const { a, bob } = await fixture.twoContacts();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.page.goto("about:blank");
  await bob.page.goto(`${fixture.url}/#/${a}`);
  await bob.sees("hi");
  await bob.button("Back").click();
  await bob.list.waitFor();
  await bob.page.goBack();
  expect(bob.page.url()).toBe("about:blank");
});
