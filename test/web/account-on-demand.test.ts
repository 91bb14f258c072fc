// The account's dialog is a file of its own: loaded when it is opened, also without a network, and never one of another
// version.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("the account's dialog is loaded when it is opened; where it can't be, that is said, and the next try works", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  const asked: string[] = [];
  user.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await user.page.reload();
  await user.claim(fixture.uniqueName("alice"));
  expect(asked).toContain("/page.js");
  expect(asked).not.toContain("/account.js");
  await user.page.route("**/account.js", (route) => route.abort());
  await user.account.click();
  await user.page.getByRole("alert").getByText("The server can't be reached.", { exact: false }).waitFor();
  await user.page.unroute("**/account.js");
  await user.account.click();
  await user.page.getByRole("dialog", { name: /^Account/ }).waitFor();
});

test("without a network the dialog opens, though it was never opened before", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("alice"));
  await user.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await user.page.reload();
  await user.untilConnected();
  await user.page.context().setOffline(true);
  await user.account.click();
  await user.page.getByRole("dialog", { name: /^Account/ }).waitFor();
});

test("a dialog of another version is not shown, and the page says that it is out of date", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("alice"));
  await user.page.route("**/account.js", (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: "export const AppContext = {}, AccountDialog = () => null;",
    }),
  );
  await user.account.click();
  await user.page.getByRole("alert").getByText("A newer version of this page is open.", { exact: false }).waitFor();
});
