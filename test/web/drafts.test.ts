// Unsent texts: in several tabs, and where the browser stores nothing. A real browser and a real server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

test("a text that is sent in one tab does not stay in the field of another one", async () => {
  const { alice } = await fixture.twoContacts();
  const second = await PageUser.inNewTab(alice.page.context(), alice.page.url());
  await second.composer.waitFor();
  await alice.composer.fill("once, please");
  await expect.poll(() => second.composer.inputValue()).toBe("once, please");
  await alice.composer.press("Enter");
  await second.sees("once, please", "Read");
  await expect.poll(() => second.composer.inputValue()).toBe("");
  await second.composer.press("Enter");
  await second.send("another one");
  await second.sees("another one", "Read");
  expect(await second.texts()).toEqual(["hello", "hi", "once, please", "another one"]);
});

test("a page whose site data is blocked works, and says what is lost when it is closed", async () => {
  const [name, other] = [fixture.uniqueName("alice"), fixture.uniqueName("bob")];
  const [user, bob] = [await fixture.newUser(), await fixture.newUser()];
  await bob.claim(other);
  await user.page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("blocked", "SecurityError");
    };
    for (const what of ["localStorage", "sessionStorage", "caches"])
      Object.defineProperty(globalThis, what, { get: refuse });
    IDBFactory.prototype.open = refuse;
    navigator.locks.request = navigator.locks.query = refuse;
  });
  await user.page.reload();
  await user.claim(name);
  await user.open(other);
  await user.composer.fill("a note");
  await user.page.getByText("This browser can't keep your draft.", { exact: false }).waitFor();
  await user.composer.press("Enter");
  await user.sees("a note", "Sent");
  expect(await user.composer.inputValue()).toBe("");
  expect(user.errors).toEqual([]);
});

test("where no space is left, the text stays in the field and is sent", async () => {
  const { alice, bob } = await fixture.twoContacts();
  await alice.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await alice.composer.fill("no space");
  await alice.page.getByText("This browser can't keep your draft.", { exact: false }).waitFor();
  expect(await alice.composer.inputValue()).toBe("no space");
  await alice.composer.press("Enter");
  await bob.sees("no space");
});

test("the list of another tab shows what is written here, until it is removed", async () => {
  const { alice } = await fixture.twoContacts();
  const second = await PageUser.inNewTab(alice.page.context(), `${fixture.url}/#/`);
  await second.list.getByText("hi", { exact: true }).waitFor();
  await alice.composer.fill("half a sentence");
  await second.list.getByText("half a sentence", { exact: true }).waitFor();
  await alice.composer.fill("");
  await second.list.getByText("hi", { exact: true }).waitFor();
});
