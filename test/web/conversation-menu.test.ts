// The menu of a conversation: pinned, muted and hidden conversations, and deleting and blocking after a question.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const row = ({ list }: PageUser, name: string) => list.getByRole("link", { name: new RegExp(name) });

/** A user with two conversations, the one with `b` open, the one with `c` the latest; and a second device. */
async function twoConversations() {
  const [a, b, c] = [fixture.uniqueName("alice"), fixture.uniqueName("bob"), fixture.uniqueName("carol")];
  const newUser = () => fixture.newUser();
  const [alice, second, bob, carol] = await Promise.all([newUser(), newUser(), newUser(), newUser()]);
  const code = await alice.claim(a);
  await Promise.all([bob.claim(b), carol.claim(c)]);
  await second.signIn(a, code);
  await second.button("I've saved it").click();
  await second.untilConnected();
  await alice.open(c);
  await alice.send("to carol");
  await alice.open(b);
  await alice.send("to bob");
  await carol.open(a);
  await carol.sees("to carol");
  await carol.send("from carol");
  await row(alice, c).getByText("from carol").waitFor();
  await bob.open(a);
  await bob.sees("to bob");
  return { a, b, c, alice, second, bob, carol };
}

async function chooseInRow(user: PageUser, name: string, item: string): Promise<void> {
  await row(user, name).click({ button: "right" });
  await user.menuItem(item).click();
  if (item !== "Delete chat" && item !== "Block") await user.menuItem(item).waitFor({ state: "detached" });
}

test("a pinned conversation is first with a mark, and a muted one has a mark and no count in the title", async () => {
  const { b, c, alice, second, carol } = await twoConversations();
  const first = (user: PageUser) => user.list.getByRole("link").first().textContent();
  await alice.untilTitle("(1) Restante");
  expect(await first(alice)).toContain(c);
  await chooseInRow(alice, b, "Pin to top");
  for (const user of [alice, second]) {
    await row(user, b).getByRole("img", { name: "Pinned" }).waitFor();
    expect(await first(user)).toContain(b);
  }
  await chooseInRow(alice, c, "Mute");
  await alice.untilTitle("Restante");
  await carol.send("again");
  await row(alice, c).getByText("2 unread").waitFor();
  await row(second, c).getByRole("img", { name: "Muted" }).waitFor();
  expect(await alice.page.title()).toBe("Restante");
  await chooseInRow(alice, b, "Unpin");
  await chooseInRow(alice, c, "Unmute");
  await alice.untilTitle("(2) Restante");
  expect(await first(alice)).toContain(c);
  expect(alice.errors).toEqual([]);
});

test("a hidden conversation is out of the list until its next message, and found by its name", async () => {
  const { b, alice, second, bob } = await twoConversations();
  await alice.choose("Hide from list");
  await row(alice, b).waitFor({ state: "detached" });
  await row(second, b).waitFor({ state: "detached" });
  await alice.page.getByText("Choose a chat, or start a new one").waitFor();
  const search = alice.page.getByRole("searchbox");
  expect(await search.evaluate((one) => one === document.activeElement)).toBe(true);
  await search.fill(b);
  await row(alice, b).waitFor();
  await search.fill("");
  await bob.send("here again");
  await row(alice, b).getByText("here again").waitFor();
});

test("a conversation is deleted after a question, on all devices, and the other one keeps it", async () => {
  const { b, alice, second, bob } = await twoConversations();
  await second.open(b);
  await second.sees("to bob");
  await alice.choose("Delete chat");
  await alice.page.getByText(`${b} keeps their copy.`, { exact: false }).waitFor();
  await alice.button("Cancel").click();
  await alice.sees("to bob");
  await chooseInRow(alice, b, "Delete chat");
  await alice.button("Delete chat").click();
  await row(alice, b).waitFor({ state: "detached" });
  await row(second, b).waitFor({ state: "detached" });
  await expect.poll(() => second.texts()).toEqual([]);
  expect(await bob.texts()).toEqual(["to bob"]);
});

test("blocking asks first, and what fails is said in the menu", async () => {
  const { b, alice } = await twoConversations();
  await alice.page.context().setOffline(true);
  await chooseInRow(alice, b, "Block");
  await alice.page.getByText(`Block ${b}?`, { exact: false }).waitFor();
  await alice.button("Block").click();
  await alice.page.getByRole("alert").getByText("The server can't be reached.", { exact: false }).waitFor();
  await alice.button("Cancel").click();
  await row(alice, b).click({ button: "right" });
  await alice.menuItem("Pin to top").click();
  await alice.page.getByRole("alert").getByText("The server can't be reached.", { exact: false }).waitFor();
  await alice.page.keyboard.press("Escape");
  await alice.page.context().setOffline(false);
  await alice.block();
  await chooseInRow(alice, b, "Unblock");
  await alice.composer.waitFor();
});

test("Ctrl+K leads to the search, arrows move in the list, and Escape goes back", async () => {
  const { b, c, alice } = await twoConversations();
  const focused = () => alice.page.evaluate(() => document.activeElement?.textContent ?? "");
  const search = alice.page.getByRole("searchbox");
  const isInSearch = () => search.evaluate((one) => one === document.activeElement);
  await alice.composer.focus();
  await alice.page.keyboard.press("Control+k");
  await expect.poll(isInSearch).toBe(true);
  await alice.page.keyboard.press("ArrowDown");
  await expect.poll(focused).toContain(c);
  await alice.page.keyboard.press("ArrowDown");
  await expect.poll(focused).toContain(b);
  await alice.page.keyboard.press("Shift+F10");
  await alice.menuItem("Pin to top").waitFor();
  await alice.page.keyboard.press("Escape");
  await alice.menuItem("Pin to top").waitFor({ state: "detached" });
  await expect.poll(focused).toContain(b);
  await alice.page.keyboard.press("ArrowUp");
  await alice.page.keyboard.press("ArrowUp");
  await expect.poll(isInSearch).toBe(true);
  await alice.composer.focus();
  await alice.page.keyboard.press("Escape");
  await alice.page.getByText("Choose a chat, or start a new one").waitFor();
  await expect.poll(isInSearch).toBe(true);
});

test("a long press on a row of a phone opens its menu, and not the conversation; Ctrl+K leads back to the list", async () => {
  const phone = await fixture.newUser({ viewport: { width: 320, height: 560 }, hasTouch: true, isMobile: true });
  const other = fixture.uniqueName("bob");
  await phone.claim(fixture.uniqueName("phone"));
  await phone.open(other);
  await phone.send("hello");
  await phone.page.keyboard.press("Control+k");
  await row(phone, other).waitFor();
  await expect
    .poll(() => phone.page.getByRole("searchbox").evaluate((one) => one === document.activeElement))
    .toBe(true);
  const box = await row(phone, other).boundingBox();
  const devtools = await phone.page.context().newCDPSession(phone.page);
  const at = { x: (box?.x ?? 0) + 80, y: (box?.y ?? 0) + 20 };
  await devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await phone.menuItem("Block").waitFor();
  await devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await phone.menuItem("Block").tap();
  await phone.button("Cancel").tap();
  await phone.menuItem("Block").waitFor({ state: "detached" });
  // The press has ended: Enter opens the conversation.
  await row(phone, other).press("Enter");
  await phone.page.getByRole("heading", { name: other, exact: true }).waitFor();
});
