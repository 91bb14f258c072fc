// Display names: set in the account, shown beside the userName wherever a contact is named, and warned of where one looks
// like another contact's name.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const field = ({ page }: PageUser) => page.getByLabel("Display name");

async function rename(user: PageUser, name: string): Promise<void> {
  await user.account.click();
  await field(user).fill(name);
  await user.button("Save").click();
  await user.page.getByRole("status").getByText("Saved").waitFor();
  await user.button("Close").click();
}

test("a display name is in the list and the head of a contact after the next message, beside the userName", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await rename(alice, "  Zo\u00eb Liddell ");
  await alice.send("it is me");
  await bob.page.getByRole("heading", { name: `Zo\u00eb Liddell ${a}`, exact: true }).waitFor();
  const row = bob.list.getByRole("link", { name: new RegExp(`Zo\u00eb Liddell ${a}`) });
  await row.waitFor();
  expect(await row.locator(".avatar").textContent()).toBe("Z");
  await alice.account.locator(".avatar", { hasText: "Z" }).waitFor();
  expect(await bob.composer.getAttribute("placeholder")).toBe("Message Zo\u00eb Liddell");
  await bob.page.getByRole("searchbox").fill("LIDDELL");
  await row.waitFor();
  await bob.page.getByRole("searchbox").fill("");
  await alice.account.click();
  expect(await field(alice).inputValue()).toBe("Zo\u00eb Liddell");
  await field(alice).fill("");
  await alice.button("Save").click();
  await alice.page.getByRole("status").getByText("Saved").waitFor();
  await alice.account.locator(".avatar", { hasText: "A" }).waitFor();
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

test("a name that is too long, or has what can't be seen, is refused in words, and stays in the field", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("alice"));
  await user.account.click();
  await field(user).fill("x".repeat(65));
  await user.page.getByRole("alert").getByText("64 characters at most.", { exact: false }).waitFor();
  await user.button("Save").click({ force: true });
  await field(user).fill("a\u202eb");
  await user.button("Save").click();
  await user.page.getByRole("alert").getByText("Only visible characters, please", { exact: false }).waitFor();
  expect(await field(user).inputValue()).toBe("a\u202eb");
  await user.page.context().setOffline(true);
  await field(user).fill("Alice");
  await user.button("Save").click();
  await user.page.getByRole("alert").getByText("The server can't be reached.", { exact: false }).waitFor();
});

/** A contact of bob, who has the conversation open. */
async function newContact(bob: PageUser, b: string, name: string): Promise<PageUser> {
  const user = await fixture.newUser();
  await user.claim(name);
  await user.open(b);
  await user.send("hello");
  await bob.list.getByRole("link", { name: new RegExp(name) }).click();
  await bob.button("Accept").click();
  await bob.composer.waitFor();
  return user;
}

test("the page warns of a display name that looks like another contact", async () => {
  const { a, b, bob } = await fixture.twoContacts();
  const m = fixture.uniqueName("mallory");
  const mallory = await newContact(bob, b, m);
  await rename(mallory, a.toUpperCase());
  await mallory.send("it is alice");
  const warning = `${m} isn't ${a}: the names only look alike.`;
  await bob.list.getByRole("link").filter({ hasText: warning }).waitFor();
  await bob.page.getByRole("note").filter({ hasText: warning }).waitFor();
});

test("both names, of 64 letters each, are in sight on a screen of 320 px", async () => {
  const { b, bob } = await fixture.twoContacts();
  const mallory = await newContact(bob, b, fixture.uniqueName("mallory".padEnd(60, "y")));
  await rename(mallory, "M".repeat(64));
  await mallory.send("long");
  await bob.page.getByRole("heading", { name: new RegExp("^M{64} ") }).waitFor();
  await bob.page.setViewportSize({ width: 320, height: 560 });
  const widths = await bob.page.locator("h1:visible bdi").evaluateAll((all) =>
    all.map((one) => {
      const { left, right } = one.getBoundingClientRect();
      return { isOnScreen: left >= 0 && right <= innerWidth, isSeen: right - left > 40 };
    }),
  );
  expect(widths).toEqual([1, 2].map(() => ({ isOnScreen: true, isSeen: true })));
});
