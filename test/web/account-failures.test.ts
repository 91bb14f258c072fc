// Every action of the account and of a conversation that fails says so, and nothing looks done that is not.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const UNREACHABLE = "The server can't be reached. Check your connection.";

/** From now on no request reaches the server; the page is open without a service worker. */
async function cutOff({ page }: PageUser): Promise<void> {
  await page.route("**/api/**", (route) => route.abort());
}

/** Waits for the sentence in this part of the page. */
async function says(user: PageUser, part: string, sentence: string): Promise<void> {
  const region = user.page.getByRole("dialog").getByRole("region", { name: part, exact: true });
  await region.getByRole("alert").getByText(sentence, { exact: false }).first().waitFor();
}

async function withAccount(): Promise<PageUser> {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("fay"));
  await user.account.click();
  await user.page.getByText("Chrome, Linux").waitFor();
  await expect.poll(() => user.page.getByLabel("Read receipts").isChecked()).toBe(true);
  return user;
}

const LOST_CODE = `${UNREACHABLE} Your recovery code may have been replaced.`;

test.each([
  ["Link a device", "Devices", UNREACHABLE],
  ["New recovery code", "Devices", LOST_CODE],
  ["Sign out all other devices", "Devices", LOST_CODE],
  ["Add a passkey", "Passkeys", UNREACHABLE],
])("without an answer of the server, “%s” says so", async (button, part, sentence) => {
  const user = await withAccount();
  // Screen readers announce what appears in a line that was there before.
  const lines = user.page.getByRole("dialog").getByRole("region", { name: part, exact: true }).getByRole("alert");
  expect(await lines.count()).toBe(1);
  await cutOff(user);
  if (button.startsWith("Sign out")) await user.confirm(user.button(button));
  else await user.button(button).click();
  await says(user, part, sentence);
  expect(user.errors).toEqual([]);
});

test("a switch that the server refuses goes back, and says why", async () => {
  const user = await withAccount();
  const receipts = user.page.getByLabel("Read receipts");
  await user.page.route("**/api/settings*", (route) =>
    route.fulfill({ status: 503, json: { code: "unable_to_store", message: "The server can't store anything now." } }),
  );
  await receipts.click();
  await says(user, "Privacy", "The server can't save anything right now.");
  expect(await receipts.isChecked()).toBe(true);
  await user.page.unroute("**/api/settings*");
  await receipts.click();
  await expect.poll(() => receipts.isChecked()).toBe(false);
  expect(user.errors).toEqual([]);
});

test("deleting the account without an answer of the server says so, and the account stays", async () => {
  const user = await withAccount();
  await user.button("Delete account").click();
  const form = user.page.getByRole("dialog").locator("form.asked");
  // The form opens below the end of the dialog: it comes into view, with the focus.
  await expect.poll(() => form.getByRole("textbox").evaluate((field) => field === document.activeElement)).toBe(true);
  const isInView = () =>
    form.evaluate((box) => {
      const { bottom } = box.closest("dialog")?.getBoundingClientRect() ?? { bottom: 0 };
      return box.getBoundingClientRect().bottom <= bottom + 1;
    });
  await expect.poll(isInView).toBe(true);
  await form.getByRole("textbox").fill((await user.page.locator("dd bdi").textContent()) ?? "");
  await cutOff(user);
  await user.button("Delete everything").click();
  await says(user, "Your data", UNREACHABLE);
  expect(user.errors).toEqual([]);
});

test("what could not be loaded is asked for again", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("flo"));
  await cutOff(user);
  await user.account.click();
  await says(user, "Devices", "This couldn't be loaded.");
  await user.page.unroute("**/api/**");
  await user.page.getByRole("region", { name: "Devices" }).getByRole("button", { name: "Try again" }).click();
  await user.page.getByText("Chrome, Linux").waitFor();
  expect(user.errors).toEqual([]);
});

test("accepting, blocking and unblocking without an answer of the server say so; after accepting the field has the focus", async () => {
  const { a, alice } = await fixture.twoUsers();
  const carol = await fixture.newUser({ serviceWorkers: "block" });
  const c = fixture.uniqueName("carol");
  await carol.claim(c);
  await alice.open(c);
  await alice.send("may I?");
  await carol.list.getByRole("link", { name: new RegExp(a) }).click();
  await cutOff(carol);
  for (const button of ["Accept", "Block"]) {
    await carol.button(button).click();
    await carol.page.getByRole("note").getByText(UNREACHABLE).waitFor();
  }
  await carol.page.unroute("**/api/**");
  await carol.button("Accept").click();
  await carol.button("Accept").waitFor({ state: "detached" });
  await expect.poll(() => carol.composer.evaluate((field) => field === document.activeElement)).toBe(true);
  await cutOff(carol);
  await carol.choose("Block");
  await carol.button("Block").click();
  await carol.page.getByRole("alert").getByText(UNREACHABLE).waitFor();
  await carol.page.unroute("**/api/**");
  await carol.button("Block").click();
  await carol.button("Unblock").waitFor();
  await cutOff(carol);
  await carol.button("Unblock").click();
  await carol.page.getByRole("alert").getByText(UNREACHABLE).waitFor();
  expect(carol.errors).toEqual([]);
});
