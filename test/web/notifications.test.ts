// Notifications of the page, by its service worker. A real browser and a real server; headless Chromium hides no page, so
// the test says that it is hidden.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { PageUser } from "../support/page-user.ts";

/** What is used of the global scope of a service worker. */
interface Worker {
  readonly registration: ServiceWorkerRegistration;
}

const fixture = new BrowserFixture();

/** A page in the background, or the one that the user sees. */
async function setAttention(user: PageUser, isSeen: boolean): Promise<void> {
  await user.page.evaluate((seen) => {
    const state = seen ? "visible" : "hidden";
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    Object.defineProperty(document, "hasFocus", { value: () => seen, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isSeen);
}

/** Title, text and tag of all notifications that are shown. */
const shown = (user: PageUser) =>
  user.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return (await registration.getNotifications()).map(({ title, body }) => [title, body]);
  });

async function turnOn(user: PageUser): Promise<void> {
  await user.page.context().grantPermissions(["notifications"]);
  await user.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await user.account.click();
  await user.page.getByLabel("Notify me", { exact: false }).check();
  await user.button("Close").click();
}

test("there is one notification for each conversation, and it is closed when it was read on another device", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await turnOn(bob);
  await setAttention(bob, false);
  await alice.send("one", "two");
  await alice.send("👩‍👩‍👧".repeat(130));
  const family = "👩‍👩‍👧".repeat(120);
  await expect.poll(() => shown(bob)).toEqual([[a, `3 new messages: ${family}…`]]);
  await bob.page.evaluate(
    async ([address, peer]) => {
      const { conversations } = (await (await fetch(`/api/conversations?user=${address}`)).json()) as {
        conversations: { peer: string; seq: number }[];
      };
      const { seq } = conversations.find((one) => one.peer === peer) ?? { seq: 0 };
      const socket = new WebSocket(
        `${location.origin.replace("http", "ws")}/client/${address}?device=tablet`,
        "restante.v1",
      );
      socket.addEventListener("message", () => socket.send(JSON.stringify([{ type: "read", peer, seq }])), {
        once: true,
      });
    },
    [b, a] as const,
  );
  await expect.poll(() => shown(bob)).toEqual([]);
  await alice.send("four");
  await expect.poll(() => shown(bob)).toEqual([[a, "four"]]);
});

test("nothing is notified that another tab shows, or while the user sees one", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await turnOn(bob);
  const second = await PageUser.inNewTab(bob.page.context(), bob.page.url());
  await second.sees("hi");
  await setAttention(bob, false);
  await alice.send("seen in the other tab");
  await second.sees("seen in the other tab");
  await alice.sees("seen in the other tab", "Read");
  await second.page.evaluate(() => (location.hash = "#/"));
  await second.page.getByText("Choose a", { exact: false }).waitFor();
  await alice.send("the other tab shows the list");
  await second.list.getByText("1 unread").waitFor();
  await bob.sees("the other tab shows the list");
  await setAttention(second, false);
  await alice.send("nobody looks");
  await expect.poll(() => shown(bob)).toEqual([[a, "2 new messages: nobody looks"]]);
});

test("old mail of a browser that has lost its store is not notified", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await turnOn(bob);
  await bob.page.goto(`${fixture.url}/#/`);
  await alice.send("long ago");
  await bob.list.getByText("1 unread").waitFor();
  await bob.page.evaluate(async () => {
    for (const { name = "" } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  });
  await bob.page.addInitScript(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true });
  });
  await bob.page.reload();
  await bob.list.getByText("1 unread").waitFor();
  await alice.send("just now");
  await expect.poll(() => shown(bob)).toEqual([[a, "2 new messages: just now"]]);
});

test("the switch shows what the browser allows: not asked yet, dismissed, denied", async () => {
  const { alice } = await fixture.twoUsers();
  await alice.page.evaluate(() => {
    const answers = ["default", "denied"];
    Object.defineProperty(Notification, "permission", { get: () => permission });
    let permission = "default";
    Notification.requestPermission = () =>
      Promise.resolve((permission = answers.shift() ?? "denied") as NotificationPermission);
  });
  await alice.account.click();
  const box = alice.page.getByLabel("Notify me", { exact: false });
  expect(await box.isChecked()).toBe(false);
  await box.click();
  await alice.page.getByText("Your browser hasn't allowed notifications yet.", { exact: false }).waitFor();
  expect(await box.isChecked()).toBe(false);
  await box.click();
  await alice.page.getByText("Your browser blocks notifications", { exact: false }).waitFor();
  expect(await box.isChecked()).toBe(false);
  expect(await box.isDisabled()).toBe(true);
});

test("a muted conversation notifies of nothing, and a display name stands beside the userName", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await alice.account.click();
  await alice.page.getByLabel("Display name").fill("Zo\u00eb");
  await alice.button("Save").click();
  await alice.page.getByRole("status").getByText("Saved").waitFor();
  await alice.button("Close").click();
  await turnOn(bob);
  await bob.page.evaluate(() => {
    const { prototype } = ServiceWorkerRegistration;
    const { showNotification: show } = prototype;
    const calls: string[] = [];
    Object.assign(globalThis, { calls });
    prototype.showNotification = function (title, options) {
      calls.push(options?.body ?? "");
      return show.call(this, title, options);
    };
  });
  await bob.choose("Mute");
  await bob.list.getByRole("img", { name: "Muted" }).waitFor();
  await setAttention(bob, false);
  await alice.send("quiet");
  await bob.list.getByText("1 unread").waitFor();
  await bob.choose("Unmute");
  await bob.list.getByRole("img", { name: "Muted" }).waitFor({ state: "detached" });
  await alice.send("loud");
  await expect.poll(() => shown(bob)).toEqual([[`Zo\u00eb (${a})`, "2 new messages: loud"]]);
  expect(await bob.page.evaluate(() => (globalThis as unknown as { calls: string[] }).calls)).toHaveLength(1);
});

test("what is shown stays while the page is loaded again, and a click on it opens the conversation there", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await turnOn(bob);
  await bob.page.addInitScript(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true });
  });
  await bob.page.goto(`${fixture.url}/#/`);
  await setAttention(bob, false);
  await alice.send("unread");
  await expect.poll(() => shown(bob)).toEqual([[a, "unread"]]);
  await bob.page.reload();
  await bob.list.getByText("1 unread").waitFor();
  expect(await shown(bob)).toEqual([[a, "unread"]]);
  // Another page of this server, which was seen last, has no conversations.
  const status = await bob.page.context().newPage();
  await status.goto(`${fixture.url}/status`);
  const [worker] = bob.page.context().serviceWorkers();
  await worker?.evaluate(async () => {
    const [notification] = await (globalThis as unknown as Worker).registration.getNotifications();
    const event = Object.assign(new Event("notificationclick"), { notification, waitUntil: () => undefined });
    dispatchEvent(event);
  });
  await bob.page.waitForURL(`${fixture.url}/#/${a}`);
  expect(status.url()).toBe(`${fixture.url}/status`);
  await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
});

test("there is no switch where the browser has refused the service worker", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("dora"));
  await user.account.click();
  await user.page.getByRole("heading", { name: "Privacy" }).waitFor();
  await user.page.getByRole("heading", { name: "Notifications" }).waitFor({ state: "detached" });
});
