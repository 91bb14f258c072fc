// What the page shows of unread messages, and what it marks as read: in a real browser, with a real server.
import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";
import { sendMany } from "../support/send-many.ts";

const fixture = new BrowserFixture();

/** Whether the whole element is within the window, without scrolling to it. */
const isOnScreen = (element: Locator) =>
  element.evaluate((one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });

/** The page of a user who looks at another window: it is visible, and has no focus. */
async function setFocus(user: PageUser, hasFocus: boolean): Promise<void> {
  await user.page.evaluate((has) => {
    Object.defineProperty(document, "hasFocus", { value: () => has, configurable: true });
    dispatchEvent(new Event(has ? "focus" : "blur"));
  }, hasFocus);
}

/** By this many pixels above the end. */
const scrollTo = (user: PageUser, top: number) =>
  user.page.getByRole("log").evaluate((box, to) => box.scrollTo({ top: to }), top);

const bubble = (user: PageUser, text: string) => user.messages.filter({ hasText: text }).first();
const button = (user: PageUser) => user.page.locator(".to-newest");

test("the button to the newest message floats above the end of the thread, with the number of unread messages", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await sendMany(alice, a, b, 60);
  await bob.sees("number 60.");
  await scrollTo(bob, 0);
  await alice.sees("number 60.", "Read");
  await scrollTo(bob, -900);
  await button(bob).waitFor({ state: "attached" });
  expect(await isOnScreen(button(bob))).toBe(true);
  const [box, thread] = [await button(bob).boundingBox(), await bob.page.getByRole("log").boundingBox()];
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeGreaterThan((thread?.y ?? 0) + (thread?.height ?? 0) - 100);
  await alice.send("one more", "and another");
  await button(bob).getByText("2", { exact: true }).waitFor();
  await bob.page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  await button(bob).waitFor({ state: "detached" });
  expect(await isOnScreen(bubble(bob, "and another"))).toBe(true);
  await alice.sees("and another", "Read");
});

test("a conversation opens at the first unread message, and what was not on the screen stays unread", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await bob.page.goto(`${fixture.url}/#/`);
  await sendMany(alice, a, b, 120);
  await bob.list.getByText("120", { exact: false }).or(bob.list.getByText("99+")).first().waitFor();
  await bob.list.getByRole("link", { name: new RegExp(a) }).click();
  await bob.sees("number 1.");
  const line = bob.page.getByText("New messages", { exact: true });
  expect(await isOnScreen(line)).toBe(true);
  expect(await isOnScreen(bubble(bob, "number 1."))).toBe(true);
  expect(await isOnScreen(bubble(bob, "number 120."))).toBe(false);
  await alice.page.getByRole("img", { name: "Read" }).nth(1).waitFor({ state: "attached" });
  const read = async () => await alice.messages.filter({ has: alice.page.getByRole("img", { name: "Read" }) }).count();
  // Hello, and a few that fit; but not those below.
  expect(await read()).toBeLessThan(40);
  await button(bob).getByText(/^\d+$/).waitFor();
  await alice.send("while bob reads");
  await bob.sees("while bob reads");
  expect(await line.evaluate((one) => one.nextElementSibling?.textContent)).toContain("number 1.");
  await button(bob).click();
  await alice.sees("while bob reads", "Read");
  await bob.untilTitle("Restante");
});

test("a visible page without the focus has not read, and the line stands above what came meanwhile", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await setFocus(bob, false);
  await alice.send("first");
  await bob.sees("first");
  await bob.untilTitle("(1) Restante");
  await sendMany(alice, a, b, 60);
  await bob.untilTitle("(61) Restante");
  await alice.sees("first", "Delivered");
  const line = bob.page.getByText("New messages", { exact: true });
  expect(await line.evaluate((one) => one.nextElementSibling?.textContent)).toContain("first");
  expect(await isOnScreen(bubble(bob, "first"))).toBe(true);
  await setFocus(bob, true);
  await alice.sees("first", "Read");
  await alice.sees("number 60.", "Delivered");
});

test("unread messages are read though the user's own message is the last one", async () => {
  const { alice, bob } = await fixture.twoContacts();
  await bob.page.context().setOffline(true);
  await bob.page.locator(".banner:not([data-is=open])").waitFor();
  await bob.send("written offline");
  await alice.send("question 1", "question 2");
  await bob.page.context().setOffline(false);
  await bob.untilConnected();
  await bob.sees("question 2");
  await alice.sees("question 2", "Read");
  await bob.untilTitle("Restante");
  await alice.sees("written offline");
  expect((await bob.texts()).at(-1)).toBe("written offline");
});

test("many messages that come at once while the user reads do not push the first of them off the screen", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await sendMany(alice, a, b, 60);
  await bob.sees("number 1.");
  await expect.poll(() => isOnScreen(bubble(bob, "number 1."))).toBe(true);
  expect(await isOnScreen(bubble(bob, "number 60."))).toBe(false);
  await alice.sees("number 60.", "Delivered");
});

/** Removes the messages from the store of a browser, as where it was full: the list of conversations is still there. */
async function loseMessages({ page }: PageUser): Promise<void> {
  await page.evaluate(async () => {
    const resultOf = <T>(request: IDBRequest<T>) =>
      new Promise<T>((done) => request.addEventListener("success", () => done(request.result)));
    const [{ name = "" } = {}] = await indexedDB.databases();
    const database = await resultOf(indexedDB.open(name));
    const about = database.transaction(["about", "entries", "past"], "readwrite").objectStore("about");
    for (const store of ["entries", "past"]) about.transaction.objectStore(store).clear();
    const position = (await resultOf(about.get("position"))) as { readonly cursor: number };
    await resultOf(about.put({ ...position, base: position.cursor + 1 }, "position"));
    database.close();
  });
}

test("what could not be loaded stays unread, and is read once it is shown", async () => {
  const { a, b, alice, bob } = await fixture.twoUsers();
  const messages = /\/api\/conversations\/[^/]+\/messages/;
  await alice.open(b);
  await alice.send("hello", "are you there?");
  await bob.list.getByText("2 unread").waitFor();
  await bob.page.goto(`${fixture.url}/status`);
  await loseMessages(bob);
  await bob.page.route(messages, (route) => route.abort());
  await bob.page.goto(`${fixture.url}/#/${a}`);
  await bob.page.getByRole("alert").getByText("couldn't be loaded.", { exact: false }).waitFor();
  await bob.choose("Mute");
  await bob.list.getByRole("img", { name: "Muted" }).waitFor();
  expect(await bob.list.getByText("2 unread").count()).toBe(1);
  await bob.page.unroute(messages);
  await bob.button("Show older messages").click();
  await bob.sees("are you there?");
  await bob.list.getByText("2 unread").waitFor({ state: "detached" });
});
