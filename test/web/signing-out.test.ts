// Signing out on the page: also without a network, and what is left in the browser then. A real browser and a real
// server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { HAS_CODE, PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

async function beginSignOut(user: PageUser): Promise<void> {
  await user.account.click();
  await user.button("Sign out").last().click();
}

/** Where something is unsent: after that the page asks for the recovery code, too. */
async function signOutUnsent(user: PageUser): Promise<void> {
  await beginSignOut(user);
  await user.button("Sign out anyway").click();
  await user.button(HAS_CODE).click();
}

/** Whether the browser's cookie still opens the mailbox. */
const status = (user: PageUser) => user.page.evaluate(async () => (await fetch("/api/account")).status);

/** Everything that the page has in this browser, as text. */
const remains = (user: PageUser) =>
  user.page.evaluate(async () => {
    const cached = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) cached.push(url);
    const registration = await navigator.serviceWorker.getRegistration();
    const notifications = ((await registration?.getNotifications()) ?? []).map(({ title, tag }) => `${title} ${tag}`);
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    const stored = [Object.entries(localStorage), Object.entries(sessionStorage)];
    return JSON.stringify([stored, databases, cached, notifications, location.href, history.state, document.title]);
  });

async function leaveTraces(user: PageUser, peer: string): Promise<void> {
  await user.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await user.open(peer);
  await user.composer.fill("a draft");
}

test("without a network signing out removes everything at once, and is finished before anybody can come in", async () => {
  const { a, b, alice } = await fixture.twoContacts();
  await leaveTraces(alice, b);
  await alice.page.reload();
  await alice.untilConnected();
  const second = await PageUser.inNewTab(alice.page.context(), alice.page.url());
  await second.untilConnected();
  await alice.page.context().setOffline(true);
  await signOutUnsent(alice);
  for (const tab of [alice, second]) await tab.page.getByRole("heading", { name: "Signing you out" }).waitFor();
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: "Signing you out" }).waitFor();
  expect(await alice.page.locator("input").count()).toBe(0);
  await alice.page.context().setOffline(false);
  for (const tab of [alice, second]) await tab.outside.waitFor();
  expect(await status(alice)).toBe(401);
  const left = await remains(alice);
  for (const trace of [a, b, "a draft"]) expect(left).not.toContain(trace);
});

test("where the browser can't remember it, signing out without a network is refused in a sentence", async () => {
  const { alice } = await fixture.twoContacts();
  await alice.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await alice.page.context().setOffline(true);
  await beginSignOut(alice);
  await alice.button(HAS_CODE).click();
  await alice.page.getByText("You're still signed in", { exact: false }).waitFor();
  await alice.button("Close").click();
  await alice.page.context().setOffline(false);
  await alice.untilConnected();
  expect(await status(alice)).toBe(200);
  await alice.send("still here");
  await alice.sees("still here", "Read");
});

test("signing out asks first where messages wait to be sent, and then for the way back in", async () => {
  const { b, alice, bob } = await fixture.twoContacts();
  await alice.page.context().setOffline(true);
  await alice.page.locator(".banner:not([data-is=open])").waitFor();
  await alice.send("waits");
  await beginSignOut(alice);
  await alice.page.getByText(`Your messages to ${b} haven't been sent yet.`, { exact: false }).waitFor();
  await alice.button("Cancel").click();
  await alice.button("Close").click();
  await alice.page.context().setOffline(false);
  await bob.sees("waits");
  await alice.page.context().setOffline(true);
  await alice.page.locator(".banner:not([data-is=open])").waitFor();
  await alice.send("never sent");
  await signOutUnsent(alice);
  await alice.page.getByRole("heading", { name: "Signing you out" }).waitFor();
});

test("signing out asks also for a text that stands in the field of a conversation, and not for a failed message that the server has", async () => {
  const alice = await fixture.newUser();
  await alice.claim(fixture.uniqueName("alice"));
  const c = fixture.uniqueName("carol");
  await alice.open(fixture.uniqueName("nobody"));
  await alice.send("is anybody there?");
  await alice.button("Discard").waitFor();
  await alice.open(c);
  await alice.composer.fill("a draft");
  await beginSignOut(alice);
  await alice.page.getByText(`Your messages to ${c} haven't been sent yet.`, { exact: false }).waitFor();
});

test("after signing out, nothing of the user stays in the browser", async () => {
  const { a, b, alice } = await fixture.twoContacts();
  await leaveTraces(alice, b);
  expect(await remains(alice)).toContain("a draft");
  await signOutUnsent(alice);
  await alice.outside.waitFor();
  const left = await remains(alice);
  for (const trace of [a, b, "a draft"]) expect(left).not.toContain(trace);
});

test("after being signed out from elsewhere, nothing of the user stays in the browser", async () => {
  const { a, b, alice } = await fixture.twoContacts();
  await leaveTraces(alice, b);
  await alice.page.evaluate(async () => void (await fetch("/api/sign-out", { method: "POST" })));
  await alice.outside.waitFor();
  const left = await remains(alice);
  for (const trace of [a, b, "a draft"]) expect(left).not.toContain(trace);
});

test("after erasing the account, nothing of the user stays in the browser", async () => {
  const { a, b, alice } = await fixture.twoContacts();
  await leaveTraces(alice, b);
  await alice.page.evaluate(async () => void (await fetch("/api/account", { method: "DELETE" })));
  await alice.outside.waitFor();
  const left = await remains(alice);
  for (const trace of [a, b, "a draft"]) expect(left).not.toContain(trace);
});
