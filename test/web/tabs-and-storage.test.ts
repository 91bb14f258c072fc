// The page where another tab signs out, and where the browser stores nothing. A real browser and a real server.
import { test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

test("signing out in one of two tabs leads the other to the form to sign in, and both can sign in again", async () => {
  const name = fixture.uniqueName("alice");
  const first = await fixture.newUser();
  const code = await first.claim(name);
  const second = await PageUser.inNewTab(first.page.context(), fixture.url);
  await second.untilConnected();
  await first.signOut();
  await second.page.getByText("You've been signed out on this device.").waitFor();
  await second.page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
  await first.signIn(name, code);
  await first.button("I've saved it").click();
  await first.untilConnected();
  await second.page.reload();
  await second.untilConnected();
});

test.each([
  ["en-GB", "This browser saves nothing for this page."],
  ["zh-CN", "浏览器没有为本页保存数据。"],
])("in %s the page says that the browser stores nothing, and works", async (locale, sentence) => {
  const name = fixture.uniqueName("alice");
  const user = await fixture.newUser();
  await user.claim(name);
  await user.page.context().addInitScript((language) => {
    localStorage.setItem("restante language", language.startsWith("zh") ? "zh-Hans" : "en");
    IDBFactory.prototype.open = () => {
      throw new DOMException("forbidden", "SecurityError");
    };
  }, locale);
  await user.page.reload();
  await user.untilConnected();
  await user.page.getByText(sentence, { exact: false }).waitFor();
});
