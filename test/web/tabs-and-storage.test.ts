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
  await first.account.click();
  await first.button("Sign out").last().click();
  await second.page.getByText("This device was signed out.").waitFor();
  await second.page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
  await first.page.getByLabel("Your name").fill(name);
  await first.button("Continue").click();
  await first.page.getByLabel("Recovery or link code").fill(code);
  await first.button("Sign in").click();
  await first.button("I have kept it").click();
  await first.untilConnected();
  await second.page.reload();
  await second.untilConnected();
});

test.each([
  ["en-GB", "This browser stores nothing for this page."],
  ["zh-CN", "浏览器没有为此页面保存数据。"],
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
  await user.page.getByText(sentence).waitFor();
});
